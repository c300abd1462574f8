//! A device in software: does the tasks of a browser that hosts the core.

use super::{fake_curve, p256};
use ::p256::ecdsa::SigningKey;
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, Rng, SeedableRng};
use sealframe::envelope::kem::Point;
use sealframe::envelope::{
    self, AgreementKey, Bundle, CallTag, DeviceId, Header, Kem, Nonce, OwnDevice, Question,
    SIGNATURE_LEN, Secret, Statement, Suite, Unsigned,
};
use sealframe::key::DeviceKid;
use sealframe::session::{Input, Output, Ticket};
use sealframe::sframe::BaseKey;

/// The contents of a profile: the signing key, for RSA the decryption key, and the bundle.
#[derive(Clone)]
pub struct Device {
    number: u64,
    curve: Curve,
    signing: Signer,
    /// Whether the device announces an invalid key.
    bent: bool,
    pub bundle: Bundle,
}

/// A device in one of its stays in a call, with the keys that were made for that stay.
#[derive(Clone)]
pub struct Stay {
    pub device: Device,
    call: CallTag,
    /// The seed of all its random bytes.
    seed: u64,
    agreement: Private,
}

/// The curve of its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// P-256 from the `p256` crate.
    Real,
    /// An imitation that costs next to nothing.
    FakeCurve,
}

#[derive(Clone)]
enum Private {
    Real(::p256::SecretKey),
    FakeCurve(u64),
    /// The modulus is the whole key.
    Rsa(Vec<u8>),
}

#[derive(Clone)]
enum Signer {
    Real(SigningKey),
    /// The bundle contains all that is needed.
    FakeCurve,
}

/// The result of a host task.
#[derive(Clone, Debug)]
pub enum Answer {
    Decapped(Secret),
    Encapped(Vec<u8>, Secret),
    Failed,
    Signed([u8; SIGNATURE_LEN]),
    Verified(bool),
}

impl Device {
    /// The device with this number on P-256. The same number gives the same device.
    pub fn new(number: u64) -> Self {
        Self::of(number, Suite::P256, Curve::Real)
    }

    /// The device with this number on the fake curve, for tests that play many calls.
    pub fn on_fake_curve(number: u64) -> Self {
        Self::of(number, Suite::P256, Curve::FakeCurve)
    }

    /// The device with this number and a bundle of this suite. RSA is always fake.
    pub fn of(number: u64, suite: Suite, curve: Curve) -> Self {
        let signing = Private::new(number, 2, curve);
        let modulus = fake_curve::modulus(number);
        let modulus = if suite == Suite::Rsa { modulus.as_slice() } else { &[] };
        let bytes = [&[4, suite.number()], signing.public().as_slice(), modulus].concat();
        let signing = match signing {
            Private::Real(key) => Signer::Real(SigningKey::from(key)),
            _ => Signer::FakeCurve,
        };
        let bundle = Bundle::parse(&bytes).expect("a bundle");
        Self { number, curve, signing, bent: false, bundle }
    }

    /// From now on the device announces invalid points.
    pub fn bend_keys(&mut self) {
        self.bent = true;
    }

    pub fn id(&self) -> DeviceId {
        self.bundle.id()
    }

    pub fn sign(&self, bytes: &[u8]) -> [u8; SIGNATURE_LEN] {
        match &self.signing {
            Signer::Real(key) => p256::sign(key, bytes),
            Signer::FakeCurve => fake_curve::sign(self.bundle.signing().as_bytes(), bytes),
        }
    }

    /// Enters a call. The same seed makes the same keys.
    pub fn enter(&self, call: &str, seed: u64) -> Stay {
        let agreement = match self.bundle.modulus() {
            Some(modulus) => Private::Rsa(modulus.to_vec()),
            None => Private::new(self.number.rotate_left(32) ^ seed, 1, self.curve),
        };
        Stay { device: self.clone(), call: CallTag::of(call), seed, agreement }
    }
}

impl Stay {
    /// The arguments of a session.
    pub fn own(&self) -> OwnDevice {
        let point = match self.agreement {
            Private::Rsa(_) => None,
            _ => {
                let mut point = self.agreement.public();
                point[40] ^= u8::from(self.device.bent);
                Point::parse(&point)
            }
        };
        let mut rng = ChaCha20Rng::seed_from_u64(self.seed);
        let own = OwnDevice::enter(self.call, self.device.bundle.clone(), point, &mut rng);
        own.expect("a key that fits")
    }

    /// The key that envelopes to the device are sealed to.
    pub fn keys(&self) -> AgreementKey {
        let rsa = || self.device.bundle.modulus().map(|n| AgreementKey::Rsa(Box::new(*n)));
        self.own().keys().cloned().or_else(rsa).expect("keys")
    }

    /// `None` if `enc` is not a point, or on another curve.
    pub fn agree(&self, enc: &[u8]) -> Option<Secret> {
        self.agreement.agree(enc)
    }

    /// Does the task of an output. `None` for outputs without a task.
    pub fn run_host_task(&self, output: &Output, rng: &mut impl Rng) -> Option<(Ticket, Answer)> {
        let or_failed = |answer: Option<Answer>| answer.unwrap_or(Answer::Failed);
        Some(match output {
            Output::Decap { ticket, enc, .. } => {
                (*ticket, or_failed(self.agree(enc).map(Answer::Decapped)))
            }
            Output::Encap { ticket, kem, public } => {
                let made = encapsulate(*kem, public, rng);
                (*ticket, or_failed(made.map(|(enc, shared)| Answer::Encapped(enc, shared))))
            }
            Output::Sign { ticket, bytes } => (*ticket, Answer::Signed(self.device.sign(bytes))),
            Output::Verify { ticket, public, signature, bytes } => {
                (*ticket, or_failed(verify(public, signature, bytes).map(Answer::Verified)))
            }
            _ => return None,
        })
    }
}

impl Answer {
    pub fn input(&self, ticket: Ticket) -> Input<'_> {
        match self {
            Self::Decapped(shared) => Input::Decapped { ticket, shared: shared.clone() },
            Self::Encapped(enc, shared) => Input::Encapped { ticket, enc, shared: shared.clone() },
            Self::Failed => Input::Failed { ticket },
            Self::Signed(signature) => Input::Signed { ticket, signature: *signature },
            Self::Verified(genuine) => Input::Verified { ticket, genuine: *genuine },
        }
    }
}

impl Private {
    fn new(number: u64, purpose: u8, curve: Curve) -> Self {
        let seed: [u8; 64] = seed(number, purpose);
        match curve {
            Curve::Real => Self::Real(p256::derive_key_pair(&seed[..32])),
            Curve::FakeCurve => Self::FakeCurve(
                number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 6 << 2 | u64::from(purpose) | 1 << 60,
            ),
        }
    }

    fn public(&self) -> Vec<u8> {
        match self {
            Self::Real(key) => p256::point(key).as_bytes().to_vec(),
            Self::FakeCurve(key) => fake_curve::point(*key).as_bytes().to_vec(),
            Self::Rsa(modulus) => modulus.clone(),
        }
    }

    fn agree(&self, enc: &[u8]) -> Option<Secret> {
        match self {
            Self::Real(key) => p256::agree(key, enc),
            Self::FakeCurve(key) => fake_curve::agree(*key, enc),
            Self::Rsa(modulus) => fake_curve::decrypt(modulus, enc),
        }
    }
}

/// Whether a signature is valid; `None` if the key is invalid.
pub fn verify(public: &Point, signature: &[u8; SIGNATURE_LEN], bytes: &[u8]) -> Option<bool> {
    match fake_curve::is_point(public.as_bytes()) {
        true => Some(fake_curve::sign(public.as_bytes(), bytes) == *signature),
        false => p256::verify(public.as_bytes(), signature, bytes),
    }
}

/// An encapsulation and its secret; `None` if the key is invalid.
pub fn encapsulate(kem: Kem, public: &[u8], rng: &mut impl Rng) -> Option<(Vec<u8>, Secret)> {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    if kem == Kem::Rsa {
        return Some((fake_curve::encrypt(public, &bytes), Secret::from(&bytes)));
    }
    let ephemeral = match fake_curve::is_point(public) {
        true => Private::FakeCurve(rng.next_u64() >> 4),
        false => Private::Real(p256::derive_key_pair(&bytes)),
    };
    Some((ephemeral.public(), ephemeral.agree(public)?))
}

fn seed<const N: usize>(number: u64, purpose: u8) -> [u8; N] {
    let mut seed = [purpose; N];
    seed[..8].copy_from_slice(&number.to_be_bytes());
    seed
}

/// An envelope without its signature. It answers the question with this nonce.
pub fn seal(
    header: &Header,
    kid: DeviceKid,
    base_key: &BaseKey,
    to: &AgreementKey,
    answers: Nonce,
    rng: &mut impl CryptoRng,
) -> Unsigned {
    let made = encapsulate(to.suite().kem(), to.host_part(), rng);
    let (enc, shared) = made.expect("a good key");
    let encapped = to.encap_with_rng(&enc, &shared, rng).expect("a good key");
    let (statement, question) = (Statement { kid, answers, holders: [0; 32] }, Question::default());
    let key = base_key.clone().into();
    envelope::seal(header, &statement, &question, &key, &encapped).expect("sealed")
}
