//! What several tests share.
#![allow(dead_code, unreachable_pub, reason = "each test uses some of it")]

pub mod media;
pub mod rogue;
pub mod twin;
pub mod world;

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use sealframe_mls::crypto::Random;
use sealframe_mls::identity::{Device, SIGNATURE};
use std::sync::Mutex;

/// Bytes that a seed decides.
pub fn random(seed: u64) -> Random {
    let rng = Mutex::new(ChaCha20Rng::seed_from_u64(seed));
    Random::new(move |out| rng.lock().expect("no panic").fill_bytes(out))
}

/// A device with its signing key, which WebCrypto holds in a browser.
pub struct Signer(SigningKey);

impl Signer {
    pub fn new(random: &Random) -> Self {
        let mut keys = std::iter::repeat_with(|| SigningKey::from_slice(&random.array::<32>()));
        Self(keys.find_map(Result::ok).expect("one of many"))
    }

    pub fn bundle(&self) -> Vec<u8> {
        let point = self.0.verifying_key().to_sec1_point(false);
        [&[4, 2], point.as_bytes()].concat()
    }

    /// The private key.
    pub fn secret(&self) -> [u8; 32] {
        self.0.to_bytes().into()
    }

    pub fn device(&self) -> Device {
        Device::parse(&self.bundle()).expect("a bundle")
    }

    pub fn sign(&self, bytes: &[u8]) -> [u8; SIGNATURE] {
        let signature: Signature = self.0.sign(bytes);
        signature.to_bytes().into()
    }
}

/// The other signature that ECDSA takes for the same data.
pub fn with_high_s(signature: &[u8; SIGNATURE]) -> [u8; SIGNATURE] {
    let low = Signature::from_slice(signature).expect("a signature").normalize_s();
    let (r, s) = low.split_scalars();
    let high = Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).expect("a signature");
    high.to_bytes().into()
}
