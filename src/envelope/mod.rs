//! Key messages between devices: a base key sealed to one device with HPKE and signed by another.

mod bundle;
pub mod hpke;
pub mod hybrid;
mod kdf;
pub mod kem;
mod message;
mod signature;

use alloc::vec::Vec;
pub use bundle::{Bundle, DeviceId};
pub use kdf::Secret;
pub(crate) use kdf::sha256;
pub use message::{Body, CallTag, Envelope, Header, Message, NONCE, Unsigned};
pub use signature::{SIGNATURE, SigningKey};

use crate::Error;
use crate::key::DeviceKid;
use crate::sframe::BaseKey;
use rand_core::CryptoRng;

/// What stands in front of an envelope's context in HPKE's `info`.
const LABEL: &[u8] = b"sealframe/1 envelope";

/// Seals `base_key` to the device that `header` names as the recipient.
///
/// # Errors
/// None in practice, see [`hpke::seal_with_rng`].
//
//   info = "sealframe/1 envelope" ‖ version ‖ type ‖ suite ‖ call ‖ sender ‖ recipient ‖ serial ‖ kid
//   enc, ct = SealBase(pkR, info, "", base_key)
pub fn seal_with_rng(
    header: &Header,
    kid: DeviceKid,
    base_key: &BaseKey,
    recipient: &kem::AgreementKey,
    rng: &mut dyn CryptoRng,
) -> Result<Unsigned, Error> {
    let info = info(header, kid);
    let (enc, ct) = hpke::seal_with_rng(recipient, &info, b"", base_key.as_bytes(), rng)?;
    Ok(Unsigned::envelope(header, kid, &enc, &ct))
}

/// Opens an envelope. `dh` is what the recipient's private key made of [`Envelope::enc`].
///
/// # Errors
/// [`Error::AuthenticationFailed`].
pub fn open(
    header: &Header,
    envelope: &Envelope,
    dh: &Secret,
    recipient: &kem::AgreementKey,
) -> Result<BaseKey, Error> {
    let info = info(header, envelope.kid);
    let key = hpke::open(&envelope.enc, dh, recipient, &info, b"", &envelope.ciphertext)?;
    BaseKey::try_from(key.as_slice())
}

fn info(header: &Header, kid: DeviceKid) -> Vec<u8> {
    [LABEL, &message::envelope_context(header, kid)].concat()
}
