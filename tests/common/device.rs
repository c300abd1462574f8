//! A device in software: does what a browser does with its non-extractable keys.

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::elliptic_curve::ecdh::diffie_hellman;
use p256::{PublicKey, SecretKey};
use sealframe::envelope::kem::derive_key_pair;
use sealframe::envelope::{Bundle, DeviceId, SIGNATURE, Secret};

#[derive(Clone)]
pub struct Device {
    agreement: SecretKey,
    signing: SigningKey,
    pub bundle: Bundle,
}

impl Device {
    /// The device of this number; the same number is the same device.
    pub fn new(number: u64) -> Self {
        let key = |purpose: u8| {
            let mut seed = [purpose; 32];
            seed[..8].copy_from_slice(&number.to_be_bytes());
            derive_key_pair(&seed).expect("a key pair")
        };
        let (agreement, signing) = (key(1), key(2));
        let point = |key: &SecretKey| key.public_key().to_sec1_bytes();
        let bytes = [&[1], &*point(&agreement), &*point(&signing)].concat();
        let bundle = Bundle::parse(&bytes).expect("a bundle");
        Self { agreement, signing: signing.into(), bundle }
    }

    pub fn id(&self) -> DeviceId {
        self.bundle.id()
    }

    /// WebCrypto's `sign({name: "ECDSA", hash: "SHA-256"}, …)`.
    pub fn sign(&self, bytes: &[u8]) -> [u8; SIGNATURE] {
        let signature: Signature = self.signing.sign(bytes);
        signature.to_bytes().into()
    }

    /// WebCrypto's `deriveBits({name: "ECDH", public}, …, 256)`.
    pub fn agree(&self, public: &[u8]) -> Secret {
        let public = PublicKey::from_sec1_bytes(public).expect("a point");
        let dh = diffie_hellman(self.agreement.to_nonzero_scalar(), public.as_affine());
        Secret::from(&(*dh.raw_secret_bytes()).into())
    }
}
