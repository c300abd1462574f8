//! Key messages between devices: a key sealed to one incarnation of a device with HPKE, and signed
//! by another device. Everything on P-256 and RSA is done outside, by WebCrypto; what it gives is
//! handed in.

mod agreement;
mod bundle;
mod content;
pub mod hpke;
pub mod hybrid;
mod incarnation;
mod kdf;
pub mod kem;
mod message;
mod suite;

use alloc::vec::Vec;

pub use agreement::{AgreementKey, Encapped};
pub use bundle::{Bundle, DeviceId, RSA};
pub use incarnation::{IncarnationId, OwnDevice};
pub use kdf::Secret;
pub(crate) use kdf::sha256;
pub use message::{
    Ack, Announcement, Body, CallTag, Envelope, Header, Message, NONCE, Nonce, Question, SIGNATURE,
    Statement, Unsigned,
};
pub use suite::{Kem, Suite};

use crate::Error;
use crate::key::GivenKey;
use hpke::Context;

/// What stands in front of an envelope's context in HPKE's `info`.
const LABEL: &[u8] = b"sealframe/2 envelope";
const ROSTER_LABEL: &[u8] = b"sealframe/2 roster";
/// Identifier of suite 3's KEM in HPKE's key schedule: of no registry, so its keys are its own.
const RSA_KEM_ID: u16 = 0xff03;

/// Seals `key` to the incarnation that `encapped` is for, and that `header` names as recipient.
///
/// # Errors
/// None in practice, see [`Context::seal`].
//
//   info = "sealframe/2 envelope" ‖ header ‖ statement ‖ question
//   enc, ct = SealBase(pkR, info, "", content)
pub fn seal(
    header: &Header,
    statement: &Statement,
    question: &Question,
    key: &GivenKey,
    encapped: &Encapped,
) -> Result<Unsigned, Error> {
    let Encapped { suite, enc, shared_secret } = encapped;
    let front = message::envelope_context(header, statement, question);
    let mut context = Context::new(kem_id(*suite), shared_secret, &info(&front));
    let ct = context.seal(b"", &content::to_bytes(key))?;
    Ok(Unsigned::envelope(&front, enc, &ct))
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
) -> Result<GivenKey, Error> {
    let shared_secret = own.decap(&envelope.enc, shared).ok_or(Error::WrongSuite)?;
    let front = message::envelope_context(header, &envelope.statement, &envelope.question);
    let mut context = Context::new(kem_id(own.bundle().suite()), &shared_secret, &info(&front));
    content::parse(&context.open(b"", &envelope.ciphertext)?)
}

/// Names a set of devices: `ids` must be in order, each once.
//
//   digest = SHA-256("sealframe/2 roster" ‖ ids in ascending order, 16 bytes each)
pub fn roster_digest(ids: &[DeviceId]) -> [u8; 32] {
    let ids: Vec<u8> = ids.iter().flat_map(|id| *id.as_bytes()).collect();
    sha256(&[ROSTER_LABEL, &ids])
}

fn info(front: &[u8]) -> Vec<u8> {
    [LABEL, front].concat()
}

const fn kem_id(suite: Suite) -> u16 {
    match suite {
        Suite::P256 => kem::KEM_ID,
        Suite::MlKem768P256 => hybrid::KEM_ID,
        Suite::Rsa => RSA_KEM_ID,
    }
}
