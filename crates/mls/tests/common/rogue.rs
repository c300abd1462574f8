//! A device on the roster that writes its notes by hand. Its leaf key is certified, as a malicious
//! member's is.

use super::random;
use super::world::World;
use mls_rs_core::crypto::{
    CipherSuiteProvider, HpkeCiphertext, HpkePublicKey, HpkeSecretKey, SignatureSecretKey,
};
use sealframe_mls::crypto::{Provider, SuiteProvider};
use sealframe_mls::identity::{CallId, Certificate, DeviceId, Draft, Point};
use sealframe_mls::wire::{Ask, Beacon, Body, Branch, Info, Message, Unsigned};

pub struct Rogue {
    call: CallId,
    crypto: SuiteProvider,
    certificate: Certificate,
    secret: SignatureSecretKey,
    hpke: (HpkeSecretKey, HpkePublicKey),
    counter: u64,
}

impl Rogue {
    /// Takes the place of the device `at`.
    pub fn new(world: &World, at: usize) -> Self {
        Self::with_leaf(world, at, 1)
    }

    /// The same with another leaf key for each `number`.
    pub fn with_leaf(world: &World, at: usize, number: u64) -> Self {
        let crypto = Provider::new(random(500 + number)).suite(world.setting.suite);
        let (secret, public) = crypto.signature_key_generate().expect("a key");
        let leaf = Point::parse(&public).expect("a point");
        let call = CallId::of(world.call);
        let draft = Draft::new(world.nodes[at].id, call, leaf);
        let signature = world.nodes[at].signer.sign(&draft.to_sign());
        let certificate = draft.signed(&signature).expect("a signature");
        let hpke = crypto.kem_generate().expect("a key");
        Self { call, crypto, certificate, secret, hpke, counter: 0 }
    }

    pub fn say(&mut self, body: &Body<'_>) -> Vec<u8> {
        self.counter += 1;
        let note = Unsigned::new(&self.certificate, self.counter, body);
        let signature = self.crypto.sign(&self.secret, &note.to_sign()).expect("a signature");
        note.signed(&signature).expect("a short signature")
    }

    pub fn beacon(&mut self, epoch: u64, branch: Branch, leaf: u32) -> Vec<u8> {
        self.say(&Body::Beacon(Beacon { epoch, branch, leaf }))
    }

    pub fn ask(&mut self, nonce: [u8; 16]) -> Vec<u8> {
        let key = self.hpke.1.to_vec();
        self.ask_with(nonce, &key)
    }

    pub fn ask_with(&mut self, nonce: [u8; 16], key: &[u8]) -> Vec<u8> {
        let (is_out, wants_info, branch) = (true, true, Branch::default());
        self.say(&Body::Ask(Ask { nonce, is_out, wants_info, branch, key }))
    }

    /// The GroupInfo of an info that answers this device.
    pub fn open(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let Message::Note(note) = Message::parse(bytes, self.call).ok()? else { return None };
        let Body::Info(info) = note.body() else { return None };
        let sealed =
            HpkeCiphertext { kem_output: info.enc.to_vec(), ciphertext: info.ciphertext.to_vec() };
        let about = self.about(info.to, &info.nonce);
        let (secret, public) = &self.hpke;
        let opened = self.crypto.hpke_open(&sealed, secret, public, &about, None).ok()?;
        Some(opened.to_vec())
    }

    /// An info with any GroupInfo, that answers somebody else's ask.
    pub fn info(&mut self, ask: &[u8], group_info: &[u8], told: &Told) -> Vec<u8> {
        let Ok(Message::Note(note)) = Message::parse(ask, self.call) else { panic!("no ask") };
        let Body::Ask(question) = note.body() else { panic!("no ask") };
        let to = note.certificate().device();
        let about = self.about(to, &question.nonce);
        let key = HpkePublicKey::from(question.key.to_vec());
        let sealed = self.crypto.hpke_seal(&key, &about, None, group_info).expect("sealed");
        self.say(&Body::Info(Info {
            to,
            nonce: question.nonce,
            branch: told.branch,
            lead: (0, self.certificate.device()),
            leaf: told.leaf,
            enc: &sealed.kem_output,
            ciphertext: &sealed.ciphertext,
        }))
    }

    fn about(&self, to: DeviceId, nonce: &[u8; 16]) -> Vec<u8> {
        [b"sealframe/1 mls info", self.call.as_bytes().as_slice(), to.as_bytes(), nonce].concat()
    }
}

/// What an info says beside the GroupInfo.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    pub branch: Branch,
    pub leaf: Option<u32>,
}
