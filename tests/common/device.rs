//! A device in software: does what a browser does outside of the core.

use super::{p256, pretend};
use ::p256::ecdsa::SigningKey;
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, Rng, SeedableRng};
use sealframe::envelope::kem::Point;
use sealframe::envelope::{
    self, AgreementKey, Bundle, CallTag, DeviceId, Header, Kem, Nonce, OwnDevice, Question,
    SIGNATURE, Secret, Statement, Suite, Unsigned,
};
use sealframe::key::DeviceKid;
use sealframe::session::{Input, Output, Ticket};
use sealframe::sframe::BaseKey;

/// What a profile keeps: its signing key, of RSA the key to decrypt with, and its bundle.
#[derive(Clone)]
pub struct Device {
    number: u64,
    curve: Curve,
    signing: Signer,
    /// Whether what it announces is no key.
    bent: bool,
    pub bundle: Bundle,
}

/// A device in one of its stays in a call, with the keys that were made for it.
#[derive(Clone)]
pub struct Stay {
    pub device: Device,
    call: CallTag,
    /// All that is random about it comes of this.
    seed: u64,
    agreement: Private,
}

/// The curve that its keys are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// P-256 itself, on the `p256` crate.
    Real,
    /// Something that looks like it and costs next to nothing.
    Pretend,
}

#[derive(Clone)]
enum Private {
    Real(::p256::SecretKey),
    Pretend(u64),
    /// The modulus says it all.
    Rsa(Vec<u8>),
}

#[derive(Clone)]
enum Signer {
    Real(SigningKey),
    /// What the bundle shows is enough.
    Pretend,
}

/// The answer to an errand.
#[derive(Clone, Debug)]
pub enum Answer {
    Agreed(Secret),
    Encapsulated(Vec<u8>, Secret),
    Refused,
    Signed([u8; SIGNATURE]),
    Verified(bool),
}

impl Device {
    /// The device of this number on P-256; the same number is the same device.
    pub fn new(number: u64) -> Self {
        Self::of(number, Suite::P256, Curve::Real)
    }

    /// The same on a pretend curve, for tests that play many calls.
    pub fn pretend(number: u64) -> Self {
        Self::of(number, Suite::P256, Curve::Pretend)
    }

    /// The device of this number with a bundle of this suite. RSA is always pretend.
    pub fn of(number: u64, suite: Suite, curve: Curve) -> Self {
        let signing = Private::new(number, 2, curve);
        let modulus = pretend::modulus(number);
        let modulus = if suite == Suite::Rsa { modulus.as_slice() } else { &[] };
        let bytes = [&[4, suite.number()], signing.public().as_slice(), modulus].concat();
        let signing = match signing {
            Private::Real(key) => Signer::Real(SigningKey::from(key)),
            _ => Signer::Pretend,
        };
        let bundle = Bundle::parse(&bytes).expect("a bundle");
        Self { number, curve, signing, bent: false, bundle }
    }

    /// From now on it announces points that are none.
    pub fn bend_keys(&mut self) {
        self.bent = true;
    }

    pub fn id(&self) -> DeviceId {
        self.bundle.id()
    }

    pub fn sign(&self, bytes: &[u8]) -> [u8; SIGNATURE] {
        match &self.signing {
            Signer::Real(key) => p256::sign(key, bytes),
            Signer::Pretend => pretend::sign(self.bundle.signing().as_bytes(), bytes),
        }
    }

    /// It enters a call; the same seed makes the same keys.
    pub fn enter(&self, call: &str, seed: u64) -> Stay {
        let agreement = match self.bundle.modulus() {
            Some(modulus) => Private::Rsa(modulus.to_vec()),
            None => Private::new(self.number.rotate_left(32) ^ seed, 1, self.curve),
        };
        Stay { device: self.clone(), call: CallTag::of(call), seed, agreement }
    }
}

impl Stay {
    /// What a session is made of.
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

    /// What envelopes to it are sealed to.
    pub fn keys(&self) -> AgreementKey {
        let rsa = || self.device.bundle.modulus().map(|n| AgreementKey::Rsa(Box::new(*n)));
        self.own().keys().cloned().or_else(rsa).expect("keys")
    }

    /// `None` for what is no point, or of another curve than ours.
    pub fn agree(&self, enc: &[u8]) -> Option<Secret> {
        self.agreement.agree(enc)
    }

    /// Does what a session asks for; nothing for outputs that ask for nothing.
    pub fn errand(&self, output: &Output, rng: &mut impl Rng) -> Option<(Ticket, Answer)> {
        let refused = |answer: Option<Answer>| answer.unwrap_or(Answer::Refused);
        Some(match output {
            Output::Agree { ticket, enc, .. } => {
                (*ticket, refused(self.agree(enc).map(Answer::Agreed)))
            }
            Output::Encapsulate { ticket, kem, public } => {
                let made = encapsulate(*kem, public, rng);
                (*ticket, refused(made.map(|(enc, shared)| Answer::Encapsulated(enc, shared))))
            }
            Output::Sign { ticket, bytes } => (*ticket, Answer::Signed(self.device.sign(bytes))),
            Output::Verify { ticket, public, signature, bytes } => {
                (*ticket, refused(verify(public, signature, bytes).map(Answer::Verified)))
            }
            _ => return None,
        })
    }
}

impl Answer {
    pub fn input(&self, ticket: Ticket) -> Input<'_> {
        match self {
            Self::Agreed(shared) => Input::Agreed { ticket, shared: shared.clone() },
            Self::Encapsulated(enc, shared) => {
                Input::Encapsulated { ticket, enc, shared: shared.clone() }
            }
            Self::Refused => Input::Refused { ticket },
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
            Curve::Pretend => Self::Pretend(
                number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 6 << 2 | u64::from(purpose) | 1 << 60,
            ),
        }
    }

    fn public(&self) -> Vec<u8> {
        match self {
            Self::Real(key) => p256::point(key).as_bytes().to_vec(),
            Self::Pretend(key) => pretend::point(*key).as_bytes().to_vec(),
            Self::Rsa(modulus) => modulus.clone(),
        }
    }

    fn agree(&self, enc: &[u8]) -> Option<Secret> {
        match self {
            Self::Real(key) => p256::agree(key, enc),
            Self::Pretend(key) => pretend::agree(*key, enc),
            Self::Rsa(modulus) => pretend::decrypt(modulus, enc),
        }
    }
}

/// Whether a signature is genuine; `None` if the key is none.
pub fn verify(public: &Point, signature: &[u8; SIGNATURE], bytes: &[u8]) -> Option<bool> {
    match pretend::is_point(public.as_bytes()) {
        true => Some(pretend::sign(public.as_bytes(), bytes) == *signature),
        false => p256::verify(public.as_bytes(), signature, bytes),
    }
}

/// An encapsulation and its secret; `None` if the key is none.
pub fn encapsulate(kem: Kem, public: &[u8], rng: &mut impl Rng) -> Option<(Vec<u8>, Secret)> {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    if kem == Kem::Rsa {
        return Some((pretend::encrypt(public, &bytes), Secret::from(&bytes)));
    }
    let ephemeral = match pretend::is_point(public) {
        true => Private::Pretend(rng.next_u64() >> 4),
        false => Private::Real(p256::derive_key_pair(&bytes)),
    };
    Some((ephemeral.public(), ephemeral.agree(public)?))
}

fn seed<const N: usize>(number: u64, purpose: u8) -> [u8; N] {
    let mut seed = [purpose; N];
    seed[..8].copy_from_slice(&number.to_be_bytes());
    seed
}

/// An envelope that lacks its signature; it answers the question with this nonce.
pub fn seal(
    header: &Header,
    kid: DeviceKid,
    base_key: &BaseKey,
    to: &AgreementKey,
    answers: Nonce,
    rng: &mut impl CryptoRng,
) -> Unsigned {
    let made = encapsulate(to.suite().kem(), to.outside(), rng);
    let (enc, shared) = made.expect("a good key");
    let encapped = to.encap_with_rng(&enc, &shared, rng).expect("a good key");
    let (statement, question) = (Statement { kid, answers, holders: [0; 32] }, Question::default());
    let key = base_key.clone().into();
    envelope::seal(header, &statement, &question, &key, &encapped).expect("sealed")
}
