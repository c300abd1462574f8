//! The working group's test vectors, those of suite 0x0002. See `vectors/README.md`.

mod common;

use common::random;
use mls_rs::client_builder::{BaseConfig, ClientBuilder, WithCryptoProvider, WithIdentityProvider};
use mls_rs::error::MlsError;
use mls_rs::group::ExportedTree;
use mls_rs::identity::basic::BasicIdentityProvider;
use mls_rs::{CipherSuiteProvider, Client, Group, MlsMessage};
use mls_rs_core::crypto::HpkeCiphertext;
use mls_rs_core::key_package::KeyPackageData;
use mls_rs_core::psk::ExternalPskId;
use sealframe_mls::Suite;
use sealframe_mls::crypto::{Provider, SuiteProvider};
use serde::Deserialize;

type Config = WithIdentityProvider<BasicIdentityProvider, WithCryptoProvider<Provider, BaseConfig>>;

/// Bytes that the file has in hexadecimal digits.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Hex(Vec<u8>);

#[derive(Deserialize)]
struct Passive {
    external_psks: Vec<Psk>,
    key_package: Hex,
    signature_priv: Hex,
    encryption_priv: Hex,
    init_priv: Hex,
    welcome: Hex,
    ratchet_tree: Option<Hex>,
    initial_epoch_authenticator: Hex,
    epochs: Vec<Epoch>,
}

#[derive(Deserialize)]
struct Psk {
    psk_id: Hex,
    psk: Hex,
}

#[derive(Deserialize)]
struct Epoch {
    proposals: Vec<Hex>,
    commit: Hex,
    epoch_authenticator: Hex,
}

#[derive(Deserialize)]
struct Basics {
    derive_secret: Derive,
    derive_tree_secret: Derive,
    encrypt_with_label: Encrypt,
    expand_with_label: Derive,
    sign_with_label: Sign,
}

#[derive(Deserialize)]
struct Derive {
    label: String,
    secret: Hex,
    out: Hex,
    #[serde(default)]
    context: Option<Hex>,
    #[serde(default)]
    generation: Option<u32>,
    #[serde(default)]
    length: Option<u16>,
}

#[derive(Deserialize)]
struct Encrypt {
    label: String,
    context: Hex,
    #[serde(rename = "priv")]
    private: Hex,
    #[serde(rename = "pub")]
    public: Hex,
    kem_output: Hex,
    ciphertext: Hex,
    plaintext: Hex,
}

#[derive(Deserialize)]
struct Sign {
    label: String,
    content: Hex,
    #[serde(rename = "priv")]
    private: Hex,
    #[serde(rename = "pub")]
    public: Hex,
    signature: Hex,
}

#[test]
fn a_passive_client_joins_by_the_vectors_welcomes() {
    let cases: Vec<Passive> = parse(include_str!("vectors/passive-client-welcome.json"));
    assert_eq!(cases.len(), 8);
    cases.into_iter().for_each(|case| follow(case).expect("messages of the group"));
}

#[test]
fn a_passive_client_follows_the_vectors_commits() {
    let cases: Vec<Passive> = parse(include_str!("vectors/passive-client-handling-commit.json"));
    assert_eq!(cases.len(), 13);
    let refused: Vec<_> = cases.into_iter().filter_map(|case| follow(case).err()).collect();
    // Commits with the resumption PSK of a past epoch. We keep no past epoch.
    assert!(refused.iter().all(|why| matches!(why, MlsError::OldGroupStateNotFound)));
    assert_eq!(refused.len(), 4);
}

#[test]
fn labelled_functions_give_the_vectors_outputs() {
    let cases: Vec<Basics> = parse(include_str!("vectors/crypto-basics.json"));
    let suite = suite();
    for case in cases {
        for derive in [case.derive_secret, case.derive_tree_secret, case.expand_with_label] {
            let generation = derive.generation.map(|at| at.to_be_bytes().to_vec());
            let context = derive.context.map(|it| it.0).or(generation).unwrap_or_default();
            let length = derive.length.unwrap_or(32);
            let label =
                [&length.to_be_bytes(), &*vector(&derive.label), &*bytes(&context)].concat();
            let out = suite.kdf_expand(&derive.secret.0, &label, length.into());
            assert_eq!(*out.expect("a length that fits"), derive.out.0, "{}", derive.label);
        }
        open(&suite, case.encrypt_with_label);
        verify(&suite, case.sign_with_label);
    }
}

/// Joins as the case says, and follows all its commits.
fn follow(case: Passive) -> Result<(), MlsError> {
    let mut group = join(&case);
    let authenticator = |group: &Group<Config>| group.epoch_authenticator().expect("one").to_vec();
    assert_eq!(authenticator(&group), case.initial_epoch_authenticator.0);
    for epoch in case.epochs {
        for message in epoch.proposals.iter().chain([&epoch.commit]) {
            group.process_incoming_message(message_of(message))?;
        }
        assert_eq!(authenticator(&group), epoch.epoch_authenticator.0);
    }
    Ok(())
}

fn join(case: &Passive) -> Group<Config> {
    let client = client(case);
    let message = message_of(&case.key_package);
    let id = message.key_package_reference(&suite()).expect("a hash").expect("a key package");
    let (init, leaf) = (case.init_priv.0.clone(), case.encryption_priv.0.clone());
    // Without the version and the wire format of the message.
    let data =
        KeyPackageData::new(case.key_package.0[4..].into(), init.into(), leaf.into(), 1 << 60);
    client.key_package_store().insert(id.to_vec(), data);
    let tree = case.ratchet_tree.as_ref().map(|tree| ExportedTree::from_bytes(&tree.0));
    let tree = tree.transpose().expect("a tree");
    client.join_group(tree, &message_of(&case.welcome), None).expect("a welcome for us").0
}

fn client(case: &Passive) -> Client<Config> {
    let package = message_of(&case.key_package).into_key_package().expect("a key package");
    let identity = package.signing_identity().clone();
    let mut builder = ClientBuilder::new()
        .crypto_provider(Provider::new(random(1)))
        .identity_provider(BasicIdentityProvider);
    for psk in &case.external_psks {
        builder = builder.psk(ExternalPskId::new(psk.psk_id.0.clone()), psk.psk.0.clone().into());
    }
    let key = case.signature_priv.0.clone().into();
    builder.signing_identity(identity, key, Suite::Interop.into()).build()
}

fn open(suite: &SuiteProvider, case: Encrypt) {
    let info = [&*vector(&case.label), &*bytes(&case.context.0)].concat();
    let (kem_output, ciphertext) = (case.kem_output.0, case.ciphertext.0);
    let (private, public) = (case.private.0.into(), case.public.0.into());
    let sealed = HpkeCiphertext { kem_output, ciphertext };
    let opened = suite.hpke_open(&sealed, &private, &public, &info, None);
    assert_eq!(*opened.expect("what the key opens"), case.plaintext.0);
}

fn verify(suite: &SuiteProvider, case: Sign) {
    let data = [&*vector(&case.label), &*bytes(&case.content.0)].concat();
    let (private, public) = (case.private.0.into(), case.public.0.into());
    suite.verify(&public, &case.signature.0, &data).expect("a genuine signature");
    let own = suite.sign(&private, &data).expect("a key");
    suite.verify(&public, &own, &data).expect("a genuine signature");
}

fn suite() -> SuiteProvider {
    Provider::new(random(2)).suite(Suite::Interop)
}

fn message_of(bytes: &Hex) -> MlsMessage {
    MlsMessage::from_bytes(&bytes.0).expect("a message")
}

/// `"MLS 1.0 " ‖ label` as a vector of RFC 9420 §2.1.
fn vector(label: &str) -> Vec<u8> {
    bytes(format!("MLS 1.0 {label}").as_bytes())
}

/// Bytes behind their length (RFC 9420 §2.1.2), here less than 64.
fn bytes(of: &[u8]) -> Vec<u8> {
    [&[u8::try_from(of.len()).expect("a short one")], of].concat()
}

fn parse<T: for<'a> Deserialize<'a>>(file: &str) -> Vec<T> {
    serde_json::from_str(file).expect("vectors")
}

impl TryFrom<String> for Hex {
    type Error = hex::FromHexError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        hex::decode(text).map(Self)
    }
}
