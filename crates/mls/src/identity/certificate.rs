//! A leaf's credential: the device has signed the leaf's key, for one call.
//!
//! ```text
//! credential type = 0xF0C0
//! credential      = u8 version = 1 ‖ device id (16) ‖ call (16) ‖ signature (64)            97 bytes
//! signature       = ECDSA P-256 SHA-256, r ‖ s with the lower S, by the device's signing key, over
//!                   "sealframe/1 mls leaf" ‖ u8 version ‖ device id ‖ call ‖ leaf key (65)
//! ```
//! The leaf key is the leaf's own `signature_key` (RFC 9420 §7.2). There is no date: see
//! [`Freshness`](super::Freshness).

use super::{CallId, Device, DeviceId, Point};
use crate::Error;
use crate::crypto::{normalize, verify_raw};
use mls_rs_core::crypto::SignaturePublicKey;
use mls_rs_core::identity::{Credential, CredentialType, CustomCredential, SigningIdentity};

/// Length of a signature `r ‖ s` in bytes.
pub const SIGNATURE: usize = 64;

const TYPE: CredentialType = CredentialType::new(0xF0C0);
const VERSION: u8 = 1;
const LENGTH: usize = 1 + DeviceId::LEN + CallId::LEN + SIGNATURE;
const LABEL: &[u8] = b"sealframe/1 mls leaf";

/// A leaf key that waits for its device's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    device: DeviceId,
    call: CallId,
    leaf: Point,
}

/// A leaf key that its device has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    draft: Draft,
    signature: [u8; SIGNATURE],
}

impl Draft {
    /// The leaf key of a device in a call.
    pub const fn new(device: DeviceId, call: CallId, leaf: Point) -> Self {
        Self { device, call, leaf }
    }

    /// What the device signs.
    pub fn to_sign(&self) -> Vec<u8> {
        let (device, call) = (self.device.as_bytes(), self.call.as_bytes());
        [LABEL, &[VERSION], device, call, self.leaf.as_bytes()].concat()
    }

    /// The certificate, as WebCrypto signed it: with either S.
    ///
    /// # Errors
    /// [`Error::DeviceKeyFailed`] if that is no signature.
    pub fn signed(self, signature: &[u8; SIGNATURE]) -> Result<Certificate, Error> {
        let signature = normalize(signature).map_err(|_| Error::DeviceKeyFailed)?;
        Ok(Certificate { draft: self, signature })
    }
}

impl Certificate {
    /// A certificate out of the parts of a message.
    pub const fn from_parts(draft: Draft, signature: [u8; SIGNATURE]) -> Self {
        Self { draft, signature }
    }

    /// Reads the credential of a leaf.
    ///
    /// # Errors
    /// [`Error::BadCredential`], [`Error::UnsupportedVersion`].
    pub fn parse(identity: &SigningIdentity) -> Result<Self, Error> {
        let custom = identity.credential.as_custom().ok_or(Error::BadCredential)?;
        let data = <[u8; LENGTH]>::try_from(custom.data()).map_err(|_| Error::BadCredential)?;
        let leaf = Point::parse(&identity.signature_key).ok_or(Error::BadCredential)?;
        match (custom.credential_type() == TYPE, data[0]) {
            (true, VERSION) => Self::read(&data, leaf).ok_or(Error::BadCredential),
            (true, _) => Err(Error::UnsupportedVersion),
            _ => Err(Error::BadCredential),
        }
    }

    /// Whether its device has signed it.
    ///
    /// # Errors
    /// [`Error::BadCredential`].
    pub fn verify(&self, device: &Device) -> Result<(), Error> {
        let named = self.draft.device == device.id();
        let key = device.signing().as_bytes();
        let genuine = named && verify_raw(key, &self.signature, &self.draft.to_sign()).is_ok();
        if genuine { Ok(()) } else { Err(Error::BadCredential) }
    }

    /// The leaf's key and credential.
    pub fn identity(&self) -> SigningIdentity {
        let (device, call) = (self.draft.device.as_bytes(), self.draft.call.as_bytes());
        let data = [&[VERSION], device.as_slice(), call, &self.signature].concat();
        let credential = Credential::Custom(CustomCredential::new(TYPE, data));
        SigningIdentity::new(credential, SignaturePublicKey::new_slice(self.leaf().as_bytes()))
    }

    /// The device that signed it, by its own account.
    pub const fn device(&self) -> DeviceId {
        self.draft.device
    }

    /// The call that it is for.
    pub const fn call(&self) -> CallId {
        self.draft.call
    }

    /// The leaf's key.
    pub const fn leaf(&self) -> &Point {
        &self.draft.leaf
    }

    /// The signature of the device.
    pub const fn signature(&self) -> &[u8; SIGNATURE] {
        &self.signature
    }

    /// The credential type of every leaf.
    pub const fn credential_type() -> CredentialType {
        TYPE
    }

    fn read(data: &[u8; LENGTH], leaf: Point) -> Option<Self> {
        let (device, rest) = data[1..].split_first_chunk()?;
        let (call, signature) = rest.split_first_chunk()?;
        let draft = Draft::new(DeviceId::new(*device), CallId::new(*call), leaf);
        Some(Self { draft, signature: signature.try_into().ok()? })
    }
}
