//! HPKE base mode, RFC 9180 §5.

use super::kdf::{Secret, labeled_expand, labeled_extract};
use super::{Refused, aead};
use crate::Suite;
use mls_rs_core::crypto::{HpkeContextR, HpkeContextS};
use std::fmt;
use zeroize::Zeroizing;

/// A sender's or receiver's context, for one message.
pub struct Context {
    suite: Suite,
    key: Secret,
    nonce: Secret,
    exporter: Secret,
    /// Whether the one message was sealed or opened: its nonce must not come again.
    used: bool,
}

const MODE_BASE: u8 = 0;

impl Context {
    // RFC 9180 §5.1, with mode_base and therefore default_psk and default_psk_id, both "":
    //   def KeySchedule<ROLE>(mode, shared_secret, info, psk, psk_id):
    //     psk_id_hash = LabeledExtract("", "psk_id_hash", psk_id)
    //     info_hash = LabeledExtract("", "info_hash", info)
    //     key_schedule_context = concat(mode, psk_id_hash, info_hash)
    //     secret = LabeledExtract(shared_secret, "secret", psk)
    //     key = LabeledExpand(secret, "key", key_schedule_context, Nk)
    //     base_nonce = LabeledExpand(secret, "base_nonce", key_schedule_context, Nn)
    //     exporter_secret = LabeledExpand(secret, "exp", key_schedule_context, Nh)
    pub(super) fn new(suite: Suite, shared: &[u8], info: &[u8]) -> Result<Self, Refused> {
        let (id, hash) = (suite_id(suite), suite.hash());
        let psk_id_hash = labeled_extract(hash, &id, b"", b"psk_id_hash", b"");
        let info_hash = labeled_extract(hash, &id, b"", b"info_hash", info);
        let context = [&[MODE_BASE], psk_id_hash.as_slice(), info_hash.as_slice()].concat();
        let secret = labeled_extract(hash, &id, shared, b"secret", b"");
        let expand = |label, length| labeled_expand(hash, &id, &secret, (label, &context), length);
        Ok(Self {
            suite,
            key: expand(b"key", suite.key_length())?,
            nonce: expand(b"base_nonce", aead::NONCE)?,
            exporter: expand(b"exp", hash.length())?,
            used: false,
        })
    }

    fn use_once(&mut self) -> Result<(), Refused> {
        if std::mem::replace(&mut self.used, true) { Err(Refused) } else { Ok(()) }
    }

    fn derive(&self, context: &[u8], length: usize) -> Result<Secret, Refused> {
        let id = suite_id(self.suite);
        labeled_expand(self.suite.hash(), &id, &self.exporter, (b"sec", context), length)
    }
}

#[maybe_async::must_be_sync]
impl HpkeContextS for Context {
    type Error = Refused;

    async fn seal(&mut self, aad: Option<&[u8]>, data: &[u8]) -> Result<Vec<u8>, Refused> {
        self.use_once()?;
        aead::seal(&self.key, &self.nonce, aad.unwrap_or_default(), data)
    }

    async fn export(&self, context: &[u8], length: usize) -> Result<Secret, Refused> {
        self.derive(context, length)
    }
}

#[maybe_async::must_be_sync]
impl HpkeContextR for Context {
    type Error = Refused;

    async fn open(
        &mut self,
        aad: Option<&[u8]>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Refused> {
        self.use_once()?;
        aead::open(&self.key, &self.nonce, aad.unwrap_or_default(), sealed)
    }

    async fn export(&self, context: &[u8], length: usize) -> Result<Secret, Refused> {
        self.derive(context, length)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("suite", &self.suite).finish_non_exhaustive()
    }
}

// RFC 9180 §5.1:
//   suite_id = concat("HPKE", I2OSP(kem_id, 2), I2OSP(kdf_id, 2), I2OSP(aead_id, 2))
fn suite_id(suite: Suite) -> [u8; 10] {
    let [[a, b], [c, d], [e, f]] = suite.hpke_ids().map(u16::to_be_bytes);
    [b'H', b'P', b'K', b'E', a, b, c, d, e, f]
}
