//! The keys of an MLS epoch, RFC 9605 §5.2.

use crate::Error;
use crate::sframe::{BaseKey, Kid};

/// An epoch of an MLS group. Its members share one base key; the KID gives each a frame key.
#[derive(Clone, Debug)]
pub struct GroupEpoch {
    epoch: u64,
    context: u16,
    width: u32,
    base_key: BaseKey,
}

/// The number of a member's leaf in the ratchet tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeafIndex(pub u32);

/// Bits of the epoch number in a KID: `E` of RFC 9605 §5.2.
const EPOCH_BITS: u32 = 8;

impl GroupEpoch {
    /// An epoch with this number, whose ratchet tree has `width` leaves up to the last one in use.
    /// `context` is a hash of the epoch authenticator: two branches with the same number differ.
    ///
    /// `secret` is `MLS-Exporter("SFrame 1.0 Base Key", "", 32)`.
    ///
    /// # Errors
    /// [`Error::BadArgument`] for a tree without leaves.
    pub fn new(epoch: u64, context: u16, width: u32, secret: &[u8; 32]) -> Result<Self, Error> {
        if width == 0 {
            return Err(Error::BadArgument);
        }
        Ok(Self { epoch, context, width, base_key: secret.into() })
    }

    /// The KID under which the member of this leaf seals.
    ///
    /// # Errors
    /// [`Error::BadArgument`] for a leaf outside the tree.
    //
    // RFC 9605 §5.2, with S as the smallest number for which the tree's width is at most 2^S:
    //   KID = (context << (S + E)) + (sender_index << E) + (epoch % (1 << E))
    pub fn kid(&self, leaf: LeafIndex) -> Result<Kid, Error> {
        if leaf.0 >= self.width {
            return Err(Error::BadArgument);
        }
        let index_bits = u32::BITS - (self.width - 1).leading_zeros();
        let context = u64::from(self.context) << (index_bits + EPOCH_BITS);
        let index = u64::from(leaf.0) << EPOCH_BITS;
        Ok(Kid(context | index | (self.epoch % (1 << EPOCH_BITS))))
    }

    /// The first bits of the hash of the epoch authenticator.
    pub const fn context(&self) -> u16 {
        self.context
    }

    /// The base key of all members.
    pub const fn base_key(&self) -> &BaseKey {
        &self.base_key
    }
}
