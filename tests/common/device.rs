//! A device in software: does what a browser does outside of the core.

use super::{p256, pretend};
use ::p256::ecdsa::SigningKey;
use rand_core::{CryptoRng, Rng};
use sealframe::envelope::hybrid::MlKemSeed;
use sealframe::envelope::kem::Point;
use sealframe::envelope::{
    self, Bundle, Content, DeviceId, Header, Kem, NONCE, OwnDevice, SIGNATURE, Secret, Suite,
    Unsigned,
};
use sealframe::key::DeviceKid;
use sealframe::session::{Input, Output, Ticket};
use sealframe::sframe::BaseKey;

/// Its private keys, and its bundle.
#[derive(Clone)]
pub struct Device {
    agreement: Private,
    signing: Signer,
    seed: Option<[u8; MlKemSeed::LEN]>,
    pub bundle: Bundle,
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
        let (agreement, signing) = (Private::new(number, 1, curve), Private::new(number, 2, curve));
        let agreement = match suite.kem() {
            Kem::P256 => agreement,
            Kem::Rsa => Private::Rsa(pretend::modulus(number).to_vec()),
        };
        let seed = (suite == Suite::MlKem768P256).then(|| seed(number, 3));
        let mlkem = seed.map(|seed| MlKemSeed::from(&seed).encapsulation_key());
        let [mine, theirs] = [agreement.public(), signing.public()];
        let signing = match signing {
            Private::Real(key) => Signer::Real(SigningKey::from(key)),
            _ => Signer::Pretend,
        };
        let mlkem = mlkem.as_ref().map_or([].as_slice(), |key| key);
        let bytes = [&[suite.number()], mine.as_slice(), &theirs, mlkem].concat();
        let bundle = Bundle::parse(&bytes).expect("a bundle");
        Self { agreement, signing, seed, bundle }
    }

    pub fn id(&self) -> DeviceId {
        self.bundle.id()
    }

    /// What a session is made of.
    pub fn own(&self) -> OwnDevice {
        let seed = self.seed.as_ref().map(MlKemSeed::from);
        OwnDevice::new(self.bundle.as_bytes(), seed).expect("its seed")
    }

    pub fn sign(&self, bytes: &[u8]) -> [u8; SIGNATURE] {
        match &self.signing {
            Signer::Real(key) => p256::sign(key, bytes),
            Signer::Pretend => pretend::sign(self.bundle.signing().as_bytes(), bytes),
        }
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
            Output::Sign { ticket, bytes } => (*ticket, Answer::Signed(self.sign(bytes))),
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
            Curve::Pretend => Self::Pretend(number << 8 | u64::from(purpose) | 1 << 60),
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

/// An envelope that lacks its signature.
pub fn seal(
    header: &Header,
    kid: DeviceKid,
    base_key: &BaseKey,
    to: &Bundle,
    rng: &mut impl CryptoRng,
) -> Unsigned {
    let agreement = to.agreement();
    let made = encapsulate(agreement.suite().kem(), agreement.outside(), rng);
    let (enc, shared) = made.expect("a good key");
    let encapped = agreement.encap_with_rng(&enc, &shared, rng).expect("a good key");
    let content = Content { key: base_key.clone().into(), answers: [0; NONCE] };
    envelope::seal(header, kid, &content, &encapped).expect("sealed")
}
