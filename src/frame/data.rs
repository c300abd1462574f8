//! Chat and data channels: messages under the keys of the call, with counters of their own.
//!
//! ```text
//! message  = u8 version = 1 ‖ u8 type (16: to everyone, 17: to one member) ‖ SFrame ciphertext
//! metadata = "sealframe/1 data" ‖ u8 type ‖ u8 len ‖ label ‖ u8 len ‖ recipient
//! AAD      = SFrame header ‖ metadata
//! ```
//! The ciphertext's base key is [`data_key`](crate::sframe::data_key) of the sender's base key.
//! KIDs are those of its frames. The recipient (empty for type 16) is bound but not sent. All
//! members hold the key: they can read a message to one member, but cannot mistake it for one to
//! them.

use super::stream::Label;
use crate::Error;
use crate::key::{Channel, Ring, SenderId};
use crate::sframe::{Header, MAX_HEADER_LEN, TAG_LEN};
use alloc::vec::Vec;
use zeroize::Zeroizing;

/// At most 16 MiB per message, before it is sealed.
pub const MAX_DATA_LEN: usize = 16 << 20;

const VERSION: u8 = 1;
/// Types that no key message has, so that both can share one transport.
const TO_ALL: u8 = 16;
const TO_ONE: u8 = 17;
const LABEL: &[u8] = b"sealframe/1 data";
/// Length of version and type in bytes.
const FRONT_LEN: usize = 2;

/// Seals and opens data. Remembers the labels, because each label has its own replay windows.
#[derive(Debug, Default)]
pub struct DataChannels {
    labels: Vec<Label>,
}

impl DataChannels {
    /// Seals `data` for everyone in the call, or for one member.
    ///
    /// # Errors
    /// [`Error::NoKey`], [`Error::CounterExhausted`]; [`Error::FrameTooLarge`] above
    /// [`MAX_DATA_LEN`].
    pub fn seal(
        &self,
        ring: &mut Ring,
        label: &Label,
        to: Option<&SenderId>,
        data: &[u8],
    ) -> Result<Vec<u8>, Error> {
        if data.len() > MAX_DATA_LEN {
            return Err(Error::FrameTooLarge);
        }
        let (key, limits) = ring.sealing()?;
        let mut header = [0; MAX_HEADER_LEN];
        let header_len = key.next_data_header().encode(&mut header);
        let header = &header[..header_len]; // at most MAX_HEADER_LEN
        let aad = aad(header, label, to);
        let (frame_key, ctr) = key.spend_data(data.len() + aad.len(), limits)?;
        // Reserves room for the tag at once: a growing Vec would leave copies of the data behind.
        let mut message = Vec::with_capacity(FRONT_LEN + header_len + data.len() + TAG_LEN);
        message.extend_from_slice(&[VERSION, kind(to)]);
        message.extend_from_slice(header);
        message.extend_from_slice(data); // from FRONT_LEN + header_len on
        let tag = frame_key.seal(ctr, &aad, &mut message[FRONT_LEN + header_len..])?;
        message.extend_from_slice(&tag);
        Ok(message)
    }

    /// Opens a message of `sender` to us, who are called `own`. Each message opens once.
    ///
    /// # Errors
    /// The reason why the message must not be believed. Then nothing is changed.
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
        let (header_bytes, sealed) = ciphertext.split_at(header_len); // `parse` read that many
        let (sealed, tag) = sealed.split_last_chunk::<TAG_LEN>().ok_or(Error::BadMessage)?;
        let sender = ring.find(sender).ok_or(Error::UnknownKey)?;
        let channel = self.channel(label);
        let aad = aad(header_bytes, label, to);
        let mut data = Zeroizing::new(Vec::new());
        ring.open(sender, header.kid, &mut |key| {
            key.screen_data(channel, header.ctr)?;
            if data.is_empty() {
                data.extend_from_slice(sealed); // not before a key is here, and once for all trials
            }
            key.data_key().open(header.ctr, &aad, &mut data, tag)?;
            key.record_data(channel, header.ctr);
            Ok(())
        })?;
        self.remember(channel, label);
        Ok(data)
    }

    /// The number of a label. A new label gets the next number.
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

/// The recipient of a message, and its ciphertext.
fn split<'a, 'b>(
    message: &'a [u8],
    own: &'b SenderId,
) -> Result<(Option<&'b SenderId>, &'a [u8]), Error> {
    match message.split_first_chunk::<FRONT_LEN>() {
        Some(_) if message.len() > MAX_DATA_LEN + FRONT_LEN + MAX_HEADER_LEN + TAG_LEN => {
            Err(Error::FrameTooLarge)
        }
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
