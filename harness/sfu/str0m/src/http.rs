//! The requests of clients:
//!
//! - `POST /FEED/whip` and `POST /FEED/whep`: an offer; its answer has the session's Location
//! - `POST /FEED/whep/NUMBER/layer`: `{"encodingId": RID}` chooses a layer of a simulcast
//! - `DELETE /FEED/whip/NUMBER` and so on: ends the session

use std::io::{Error, Read};
use std::sync::mpsc::{Sender, channel};

use tiny_http::{Header, Method, Request, Response, Server};

/// The largest body that is read, in bytes.
const MAX_BODY: u64 = 256 << 10;

/// What the SFU is asked to do. It answers with a number of a session, and with text.
pub enum Ask {
    Publish { feed: String, offer: String },
    Subscribe { feed: String, offer: String },
    Choose { session: u64, rid: String },
    Close { session: u64 },
}

pub type Reply = Result<(u64, String), String>;

/// Answers requests, one after the other, until the SFU is gone.
pub fn serve(server: &Server, asks: &Sender<(Ask, Sender<Reply>)>) {
    for mut request in server.incoming_requests() {
        let response = match answer(&mut request, asks) {
            Ok(response) => response,
            Err(error) => Response::from_string(error).with_status_code(400),
        };
        let _ = respond(request, response);
    }
}

fn answer(
    request: &mut Request,
    asks: &Sender<(Ask, Sender<Reply>)>,
) -> Result<Response<std::io::Cursor<Vec<u8>>>, String> {
    if *request.method() == Method::Options {
        return Ok(Response::from_string(""));
    }
    let mut body = String::new();
    let read = request.as_reader().take(MAX_BODY).read_to_string(&mut body);
    read.map_err(|error| error.to_string())?;
    let path = request.url().trim_matches('/').to_owned();
    let ask = parse(request.method(), &path, body).ok_or("there is no such request")?;
    let is_join = matches!(ask, Ask::Publish { .. } | Ask::Subscribe { .. });
    let (reply, replied) = channel();
    asks.send((ask, reply)).map_err(|error| error.to_string())?;
    let (session, text) = replied.recv().map_err(|error| error.to_string())??;
    let response = Response::from_string(text);
    if !is_join {
        return Ok(response);
    }
    let location = header("Location", &format!("/{path}/{session}"));
    Ok(response.with_status_code(201).with_header(location))
}

fn parse(method: &Method, path: &str, body: String) -> Option<Ask> {
    let parts: Vec<&str> = path.split('/').collect();
    match (method, parts.as_slice()) {
        (Method::Post, [feed, "whip"]) => {
            Some(Ask::Publish { feed: (*feed).to_owned(), offer: body })
        }
        (Method::Post, [feed, "whep"]) => {
            Some(Ask::Subscribe { feed: (*feed).to_owned(), offer: body })
        }
        (Method::Post, [_, "whep", session, "layer"]) => {
            // `{"encodingId":"h"}`: the RID is the last text in quotes.
            let rid = body.rsplit('"').nth(1)?.to_owned();
            Some(Ask::Choose { session: session.parse().ok()?, rid })
        }
        (Method::Delete, [_, _, session]) => Some(Ask::Close { session: session.parse().ok()? }),
        _ => None,
    }
}

fn respond(request: Request, response: Response<std::io::Cursor<Vec<u8>>>) -> Result<(), Error> {
    let headers = [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Headers", "content-type"),
        ("Access-Control-Allow-Methods", "POST, DELETE"),
        ("Access-Control-Expose-Headers", "location"),
    ];
    let add = |response: Response<_>, (name, value)| response.with_header(header(name, value));
    request.respond(headers.into_iter().fold(response, add))
}

/// A header whose name and value are ASCII.
fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).unwrap_or_else(|()| unreachable!("{name}: {value} is ASCII"))
}
