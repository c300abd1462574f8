//! Key messages between devices. A key is sealed to one incarnation of a device with HPKE, and
//! signed by another device. The host (WebCrypto) does all operations on P-256 and RSA; its results
//! are arguments.

mod agreement;
mod body;
mod bundle;
mod content;
mod header;
pub mod hpke;
pub mod hybrid;
mod incarnation;
mod kdf;
pub mod kem;
mod message;
mod suite;

use alloc::vec::Vec;

pub use agreement::{AgreementKey, Encapped};
pub use body::{
    Ack, Announcement, Body, Envelope, MAX_HOLDERS, NONCE_LEN, Nonce, Question, Statement,
};
pub use bundle::{Bundle, DeviceId, RSA_LEN};
pub use header::{CallTag, Header};
pub use incarnation::{IncarnationId, OwnDevice};
pub use kdf::Secret;
pub(crate) use kdf::sha256;
pub use message::{Message, SIGNATURE_LEN, Unsigned};
pub use suite::{Kem, Suite};

use crate::Error;
use crate::key::KeyGrant;
use hpke::Context;

/// The prefix of HPKE's `info` for an envelope.
const LABEL: &[u8] = b"sealframe/2 envelope";
const ROSTER_LABEL: &[u8] = b"sealframe/2 roster";
/// Identifier of suite 3's KEM in HPKE's key schedule. It is in no registry, so no other KEM
/// derives the same keys.
const RSA_KEM_ID: u16 = 0xff03;

/// Seals `key` to the incarnation that `encapped` was made for, and that `header` names as
/// recipient.
///
/// # Errors
/// Fails only if [`Context::seal`] does, which cannot happen at these lengths.
//
//   info = "sealframe/2 envelope" ‖ header ‖ statement ‖ question
//   enc, ct = SealBase(pkR, info, "", content)
pub fn seal(
    header: &Header,
    statement: &Statement,
    question: &Question,
    key: &KeyGrant,
    encapped: &Encapped,
) -> Result<Unsigned, Error> {
    let Encapped { suite, enc, shared_secret } = encapped;
    let front = message::envelope_context(header, statement, question);
    let mut context = Context::new(kem_id(*suite), shared_secret, &info(&front));
    let ct = context.seal(b"", &content::to_bytes(key))?;
    Ok(Unsigned::envelope(&front, enc, &ct))
}

/// Opens an envelope to `own`. `shared` is the host's result for [`Envelope::host_part`]: the x
/// coordinate of the shared point, or the decryption.
///
/// # Errors
/// [`Error::AuthenticationFailed`]; [`Error::WrongSuite`] if the envelope has another suite than
/// ours.
pub fn open(
    header: &Header,
    envelope: &Envelope,
    shared: &Secret,
    own: &OwnDevice,
) -> Result<KeyGrant, Error> {
    let shared_secret = own.decap(&envelope.enc, shared).ok_or(Error::WrongSuite)?;
    let front = message::envelope_context(header, &envelope.statement, &envelope.question);
    let mut context = Context::new(kem_id(own.bundle().suite()), &shared_secret, &info(&front));
    content::parse(&context.open(b"", &envelope.ciphertext)?)
}

/// The digest of a set of devices. `ids` must be in ascending order, each once.
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
