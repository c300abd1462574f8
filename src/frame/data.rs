//! Chat and data channels: messages under the keys of the call, with counters of their own.
//!
//! ```text
//! message  = u8 version = 1 ‖ u8 type (16: to everyone, 17: to one member) ‖ SFrame ciphertext
//! metadata = "sealframe/1 data" ‖ u8 type ‖ u8 len ‖ label ‖ u8 len ‖ recipient
//! AAD      = SFrame header ‖ metadata
//! ```
//! The ciphertext's base key is [`data_key`](crate::sframe::data_key) of the sender's; KIDs are
//! those of its frames. The recipient, none for type 16, is bound and not sent. All members hold
//! the key: a message to one member is kept from nobody else in the call, only not mistaken.

use super::stream::Label;
use crate::Error;
use crate::key::{Channel, Ring, SenderId};
use crate::sframe::{Header, MAX_HEADER, TAG};
use alloc::vec::Vec;
use zeroize::Zeroizing;

/// Largest message in bytes, sealed or not.
pub const MAX_DATA: usize = 16 << 20;

const VERSION: u8 = 1;
/// Numbers that no key message has, so that both may share one transport.
const TO_ALL: u8 = 16;
const TO_ONE: u8 = 17;
const LABEL: &[u8] = b"sealframe/1 data";
/// Version and type.
const FRONT: usize = 2;

/// Seals and opens data. Remembers labels, because replay windows are kept for each.
#[derive(Debug, Default)]
pub struct DataChannels {
    labels: Vec<Label>,
}

impl DataChannels {
    /// Seals `data` for everyone in the call, or for one member.
    ///
    /// # Errors
    /// [`Error::NoKey`], [`Error::CounterExhausted`]; [`Error::FrameTooLarge`] above [`MAX_DATA`].
    pub fn seal(
        &self,
        ring: &mut Ring,
        label: &Label,
        to: Option<&SenderId>,
        data: &[u8],
    ) -> Result<Vec<u8>, Error> {
        if data.len() > MAX_DATA {
            return Err(Error::FrameTooLarge);
        }
        let (key, limits) = ring.sealing()?;
        let mut header = [0; MAX_HEADER];
        let header_len = key.next_data_header().encode(&mut header);
        let header = &header[..header_len];
        let aad = aad(header, label, to);
        let (frame_key, ctr) = key.spend_data(data.len() + aad.len(), limits)?;
        // Room for the tag at once: a growing Vec would leave the data behind.
        let mut message = Vec::with_capacity(FRONT + header_len + data.len() + TAG);
        message.extend_from_slice(&[VERSION, kind(to)]);
        message.extend_from_slice(header);
        message.extend_from_slice(data);
        let tag = frame_key.seal(ctr, &aad, &mut message[FRONT + header_len..])?;
        message.extend_from_slice(&tag);
        Ok(message)
    }

    /// Opens a message of `sender`; we are called `own`. Each message opens once.
    ///
    /// # Errors
    /// Why it must not be believed; nothing has changed then.
    pub fn open(
        &mut self,
        ring: &mut Ring,
        label: &Label,
        sender: &SenderId,
        own: &SenderId,
        message: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let opened = self.try_open(ring, label, sender, own, message);
        if matches!(opened, Err(Error::UnknownKey | Error::AuthenticationFailed)) {
            ring.find(sender).into_iter().for_each(|at| ring.missed(at));
        }
        opened
    }

    fn try_open(
        &mut self,
        ring: &mut Ring,
        label: &Label,
        sender: &SenderId,
        own: &SenderId,
        message: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (to, ciphertext) = split(message, own)?;
        let (header, header_len) = Header::parse(ciphertext)?;
        let (header_bytes, sealed) = ciphertext.split_at(header_len);
        let (sealed, tag) = sealed.split_last_chunk::<TAG>().ok_or(Error::BadMessage)?;
        let sender = ring.find(sender).ok_or(Error::UnknownKey)?;
        let channel = self.channel(label);
        let key = ring.opening(sender, header.kid)?;
        key.screen_data(channel, header.ctr)?;
        let mut data = Zeroizing::new(sealed.to_vec());
        key.data_key().open(header.ctr, &aad(header_bytes, label, to), &mut data, tag)?;
        if key.record_data(channel, header.ctr) {
            ring.proven(sender, header.kid);
        }
        self.remember(channel, label);
        Ok(data)
    }

    /// The number of a label; that of a new one is the next.
    fn channel(&self, label: &Label) -> Channel {
        let known = self.labels.iter().position(|known| known == label);
        Channel(known.unwrap_or(self.labels.len()) as u32)
    }

    fn remember(&mut self, channel: Channel, label: &Label) {
        if channel.0 as usize == self.labels.len() {
            self.labels.push(label.clone());
        }
    }
}

/// The recipient that a message names, and its ciphertext.
fn split<'a, 'b>(
    message: &'a [u8],
    own: &'b SenderId,
) -> Result<(Option<&'b SenderId>, &'a [u8]), Error> {
    match message.split_first_chunk::<FRONT>() {
        Some(_) if message.len() > MAX_DATA + FRONT + MAX_HEADER + TAG => Err(Error::FrameTooLarge),
        Some(([VERSION, TO_ALL], ciphertext)) => Ok((None, ciphertext)),
        Some(([VERSION, TO_ONE], ciphertext)) => Ok((Some(own), ciphertext)),
        Some(([version, _], _)) if *version != VERSION => Err(Error::UnsupportedVersion),
        _ => Err(Error::BadMessage),
    }
}

fn aad(header: &[u8], label: &Label, to: Option<&SenderId>) -> Vec<u8> {
    let recipient = to.map_or("", SenderId::as_str).as_bytes();
    let len = recipient.len() as u8; // at most 64
    let front = [kind(to), label.len()];
    [header, LABEL, &front, label.as_bytes(), &[len], recipient].concat()
}

const fn kind(to: Option<&SenderId>) -> u8 {
    if to.is_some() { TO_ONE } else { TO_ALL }
}
