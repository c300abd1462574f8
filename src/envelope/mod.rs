//! Key messages between devices: a key sealed to one device with HPKE and signed by another.
//! Everything on P-256 and RSA is done outside, by WebCrypto; what it gives is handed in.

mod bundle;
mod content;
pub mod hpke;
pub mod hybrid;
mod kdf;
pub mod kem;
mod message;
mod own;
mod suite;

use alloc::vec::Vec;
pub use bundle::{AgreementKey, Bundle, DeviceId, RSA};
pub use content::Content;
pub use kdf::Secret;
pub(crate) use kdf::sha256;
pub use message::{Body, CallTag, Envelope, Header, Message, NONCE, SIGNATURE, Unsigned};
pub use own::OwnDevice;
pub use suite::{Kem, Suite};

use crate::Error;
use crate::key::DeviceKid;
use hpke::Context;
use kem::Point;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// What stands in front of an envelope's context in HPKE's `info`.
const LABEL: &[u8] = b"sealframe/1 envelope";

/// Identifier of suite 3's KEM in HPKE's key schedule: of no registry, so its keys are its own.
const RSA_KEM_ID: u16 = 0xff03;

/// What was encapsulated for one envelope: public values, and the secret for the key schedule.
#[derive(Debug)]
pub struct Encapped {
    suite: Suite,
    enc: Vec<u8>,
    shared_secret: Secret,
}

impl AgreementKey {
    /// Makes an encapsulation of what the outside encapsulated to [`AgreementKey::outside`]: for
    /// P-256 `enc` is the ephemeral public key and `shared` the x coordinate, for RSA `enc` is
    /// `shared` encrypted.
    ///
    /// # Errors
    /// [`Error::BadArgument`] for an `enc` of another length or form; [`Error::UnusableKey`] if the
    /// ML-KEM key is none.
    pub fn encap_with_rng(
        &self,
        enc: &[u8],
        shared: &Secret,
        rng: &mut dyn CryptoRng,
    ) -> Result<Encapped, Error> {
        let point = || Point::parse(enc).ok_or(Error::BadArgument);
        let (enc, shared_secret) = match self {
            Self::P256(key) => (enc.to_vec(), kem::extract_and_expand(shared, &point()?, key)),
            Self::MlKem768P256(key, mlkem) => {
                let (point, mut m) = (point()?, Zeroizing::new([0; 32]));
                rng.fill_bytes(m.as_mut_slice());
                let (ciphertext, ss_pq) =
                    hybrid::encapsulate(mlkem, &m).ok_or(Error::UnusableKey)?;
                let secret = hybrid::combine(&ss_pq, shared, &point, key);
                ([ciphertext.as_slice(), enc].concat(), secret)
            }
            Self::Rsa(_) if enc.len() == RSA => (enc.to_vec(), shared.clone()),
            Self::Rsa(_) => return Err(Error::BadArgument),
        };
        Ok(Encapped { suite: self.suite(), enc, shared_secret })
    }
}

/// Seals `content` to the device that `encapped` is for, and that `header` names as recipient.
///
/// # Errors
/// None in practice, see [`Context::seal`].
//
//   info = "sealframe/1 envelope" ‖ version ‖ type ‖ suite ‖ call ‖ sender ‖ recipient ‖ serial ‖ kid
//   enc, ct = SealBase(pkR, info, "", content)
pub fn seal(
    header: &Header,
    kid: DeviceKid,
    content: &Content,
    encapped: &Encapped,
) -> Result<Unsigned, Error> {
    let Encapped { suite, enc, shared_secret } = encapped;
    let mut context = Context::new(kem_id(*suite), shared_secret, &info(header, kid));
    let ct = context.seal(b"", &content.to_bytes())?;
    Ok(Unsigned::envelope(header, kid, enc, &ct))
}

/// Opens an envelope to `own`. `shared` is what the outside made of [`Envelope::outside`]: the x
/// coordinate of the point shared with it, or its decryption.
///
/// # Errors
/// [`Error::AuthenticationFailed`]; [`Error::WrongSuite`] for one of another suite than ours.
pub fn open(
    header: &Header,
    envelope: &Envelope,
    shared: &Secret,
    own: &OwnDevice,
) -> Result<Content, Error> {
    let shared_secret = own.decap(&envelope.enc, shared).ok_or(Error::WrongSuite)?;
    let info = info(header, envelope.kid);
    let mut context = Context::new(kem_id(own.bundle().suite()), &shared_secret, &info);
    Content::parse(&context.open(b"", &envelope.ciphertext)?)
}

fn info(header: &Header, kid: DeviceKid) -> Vec<u8> {
    [LABEL, &message::envelope_context(header, kid)].concat()
}

const fn kem_id(suite: Suite) -> u16 {
    match suite {
        Suite::P256 => kem::KEM_ID,
        Suite::MlKem768P256 => hybrid::KEM_ID,
        Suite::Rsa => RSA_KEM_ID,
    }
}
