//! An SFU for tests, on str0m in frame mode: RTP becomes frames, and frames become RTP again for
//! each subscriber. So a sealed frame has to survive a second packetizer.
//!
//! Publishers come by WHIP (RFC 9725), subscribers by WHEP (draft-ietf-wish-whep).
//!
//! usage: `str0m-sfu PORT MEDIA`, such as `str0m-sfu 8080 127.0.0.1`

mod client;
mod http;
mod output;
mod sfu;

use std::error::Error;
use std::net::UdpSocket;
use std::sync::mpsc::channel;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(port), Some(media)) = (arguments.next(), arguments.next()) else {
        return Err("usage: str0m-sfu PORT MEDIA".into());
    };
    str0m::crypto::from_feature_flags().install_process_default();
    let socket = UdpSocket::bind(format!("{media}:0"))?;
    let server =
        tiny_http::Server::http(format!("127.0.0.1:{port}")).map_err(|error| error.to_string())?;
    let (asks, asked) = channel();
    std::thread::spawn(move || http::serve(&server, &asks));
    println!("ready");
    sfu::Sfu::new(socket)?.run(&asked)
}
