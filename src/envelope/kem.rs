//! DHKEM(P-256, HKDF-SHA256), RFC 9180 §4.1, without key pairs and Diffie-Hellman: WebCrypto does
//! these. This file derives the shared secret from their results.

use super::kdf::{Secret, labeled_extract, labeled_secret};

/// Length of an uncompressed point in bytes: `Nenc` and `Npk` of this KEM.
pub const POINT_LEN: usize = 65;

/// Identifier of this KEM in the IANA registry.
pub const KEM_ID: u16 = 0x0010;

// RFC 9180 §4.1:  suite_id = concat("KEM", I2OSP(kem_id, 2))
const SUITE_ID: &[u8] = b"KEM\x00\x10";

/// A public key in the uncompressed form of SEC1, `4 ‖ x ‖ y`. It need not be a point of the
/// curve: WebCrypto refuses a wrong one when it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point([u8; POINT_LEN]);

impl Point {
    /// Reads 65 bytes. The first must be 4.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; POINT_LEN] = bytes.try_into().ok()?;
        (bytes[0] == 4).then_some(Self(bytes))
    }

    /// The 65 bytes.
    pub const fn as_bytes(&self) -> &[u8; POINT_LEN] {
        &self.0
    }
}

/// The shared secret. `dh` is the x coordinate of the point that both sides share. The sender's
/// browser computes it from its ephemeral key and `pk_recip`, the receiver's from its own key and
/// `enc`.
//
// RFC 9180 §4.1:
//   def Encap(pkR):                                     def Decap(enc, skR):
//     skE, pkE = GenerateKeyPair()        (host)          pkE = DeserializePublicKey(enc)
//     dh = DH(skE, pkR)                   (host)          dh = DH(skR, pkE)             (host)
//     enc = SerializePublicKey(pkE)                       pkRm = SerializePublicKey(pk(skR))
//     pkRm = SerializePublicKey(pkR)
//     kem_context = concat(enc, pkRm)                     kem_context = concat(enc, pkRm)
//     shared_secret = ExtractAndExpand(dh, kem_context)   shared_secret = ExtractAndExpand(…)
//     return shared_secret, enc                           return shared_secret
//
//   def ExtractAndExpand(dh, kem_context):
//     eae_prk = LabeledExtract("", "eae_prk", dh)
//     shared_secret = LabeledExpand(eae_prk, "shared_secret", kem_context, Nsecret)
//     return shared_secret
pub fn extract_and_expand(dh: &Secret, enc: &Point, pk_recip: &Point) -> Secret {
    let eae_prk = labeled_extract(SUITE_ID, b"", b"eae_prk", dh.as_bytes());
    let kem_context = [enc.as_bytes().as_slice(), pk_recip.as_bytes()].concat();
    labeled_secret(SUITE_ID, &eae_prk, b"shared_secret", &kem_context)
}
