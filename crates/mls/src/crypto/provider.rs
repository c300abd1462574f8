//! Our suites, as `mls-rs` takes them.

use super::hpke::Context;
use super::{Random, Refused, aead, kdf, signature};
use crate::Suite;
use crate::faults::{self, Fault};
use mls_rs_core::crypto::{
    CipherSuite, CipherSuiteProvider, CryptoProvider, HpkeCiphertext, HpkeContextR, HpkeContextS,
    HpkePsk, HpkePublicKey, HpkeSecretKey, SignaturePublicKey, SignatureSecretKey,
};
use zeroize::Zeroizing;

/// All suites.
#[derive(Clone, Debug)]
pub struct Provider(Random);

/// One suite.
#[derive(Clone, Debug)]
pub struct SuiteProvider {
    suite: Suite,
    random: Random,
}

impl Provider {
    /// Keys are made of `random`.
    pub const fn new(random: Random) -> Self {
        Self(random)
    }

    /// One suite of ours.
    pub fn suite(&self, suite: Suite) -> SuiteProvider {
        SuiteProvider { suite, random: self.0.clone() }
    }
}

impl CryptoProvider for Provider {
    type CipherSuiteProvider = SuiteProvider;

    fn supported_cipher_suites(&self) -> Vec<CipherSuite> {
        Suite::ALL.map(CipherSuite::from).to_vec()
    }

    fn cipher_suite_provider(&self, id: CipherSuite) -> Option<SuiteProvider> {
        Suite::from_number(id.raw_value()).map(|suite| self.suite(suite))
    }
}

#[maybe_async::must_be_sync]
impl CipherSuiteProvider for SuiteProvider {
    type Error = Refused;
    type HpkeContextS = Context;
    type HpkeContextR = Context;

    fn cipher_suite(&self) -> CipherSuite {
        self.suite.into()
    }

    async fn hash(&self, data: &[u8]) -> Result<Vec<u8>, Refused> {
        Ok(kdf::hash(self.suite.hash(), data))
    }

    async fn mac(&self, key: &[u8], data: &[u8]) -> Result<Vec<u8>, Refused> {
        kdf::mac(self.suite.hash(), key, data)
    }

    async fn aead_seal(
        &self,
        key: &[u8],
        data: &[u8],
        aad: Option<&[u8]>,
        nonce: &[u8],
    ) -> Result<Vec<u8>, Refused> {
        aead::seal(key, nonce, aad.unwrap_or_default(), data)
    }

    async fn aead_open(
        &self,
        key: &[u8],
        sealed: &[u8],
        aad: Option<&[u8]>,
        nonce: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Refused> {
        aead::open(key, nonce, aad.unwrap_or_default(), sealed)
    }

    fn aead_key_size(&self) -> usize {
        self.suite.key_length()
    }

    fn aead_nonce_size(&self) -> usize {
        aead::NONCE
    }

    async fn kdf_extract(&self, salt: &[u8], ikm: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refused> {
        Ok(kdf::extract(self.suite.hash(), salt, &[ikm]))
    }

    async fn kdf_expand(
        &self,
        prk: &[u8],
        info: &[u8],
        length: usize,
    ) -> Result<Zeroizing<Vec<u8>>, Refused> {
        kdf::expand(self.suite.hash(), prk, &[info], length)
    }

    fn kdf_extract_size(&self) -> usize {
        self.suite.hash().length()
    }

    async fn hpke_seal(
        &self,
        key: &HpkePublicKey,
        info: &[u8],
        aad: Option<&[u8]>,
        data: &[u8],
    ) -> Result<HpkeCiphertext, Refused> {
        let (kem_output, mut context) = self.hpke_setup_s(key, info)?;
        let mut ciphertext = HpkeContextS::seal(&mut context, aad, data)?;
        if faults::has(Fault::SealNonsense) {
            ciphertext[0] ^= self.random.array::<1>()[0] & 1;
        }
        Ok(HpkeCiphertext { kem_output, ciphertext })
    }

    /// RFC 9420 has no use for it.
    async fn hpke_seal_psk(
        &self,
        _: &HpkePublicKey,
        _: &[u8],
        _: Option<&[u8]>,
        _: &[u8],
        _: HpkePsk<'_>,
    ) -> Result<HpkeCiphertext, Refused> {
        Err(Refused)
    }

    async fn hpke_open(
        &self,
        sealed: &HpkeCiphertext,
        secret: &HpkeSecretKey,
        public: &HpkePublicKey,
        info: &[u8],
        aad: Option<&[u8]>,
    ) -> Result<Zeroizing<Vec<u8>>, Refused> {
        let mut context = self.hpke_setup_r(&sealed.kem_output, secret, public, info)?;
        HpkeContextR::open(&mut context, aad, &sealed.ciphertext)
    }

    /// RFC 9420 has no use for it.
    async fn hpke_open_psk(
        &self,
        _: &HpkeCiphertext,
        _: &HpkeSecretKey,
        _: &HpkePublicKey,
        _: &[u8],
        _: Option<&[u8]>,
        _: HpkePsk<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, Refused> {
        Err(Refused)
    }

    async fn hpke_setup_s(
        &self,
        key: &HpkePublicKey,
        info: &[u8],
    ) -> Result<(Vec<u8>, Context), Refused> {
        let (enc, shared) = self.suite.kem().encapsulate(key, &self.random)?;
        Ok((enc, Context::new(self.suite, &shared, info)?))
    }

    async fn hpke_setup_r(
        &self,
        enc: &[u8],
        secret: &HpkeSecretKey,
        public: &HpkePublicKey,
        info: &[u8],
    ) -> Result<Context, Refused> {
        let shared = self.suite.kem().decapsulate(enc, secret, public)?;
        Context::new(self.suite, &shared, info)
    }

    async fn kem_derive(&self, ikm: &[u8]) -> Result<(HpkeSecretKey, HpkePublicKey), Refused> {
        let (mut secret, public) = self.suite.kem().derive(ikm)?;
        Ok((std::mem::take(&mut *secret).into(), public.into()))
    }

    async fn kem_generate(&self) -> Result<(HpkeSecretKey, HpkePublicKey), Refused> {
        let seed = Zeroizing::new(self.random.array::<32>());
        self.kem_derive(&*seed)
    }

    fn kem_public_key_validate(&self, key: &HpkePublicKey) -> Result<(), Refused> {
        self.suite.kem().check(key)
    }

    fn random_bytes(&self, out: &mut [u8]) -> Result<(), Refused> {
        self.random.fill(out);
        Ok(())
    }

    async fn signature_key_generate(
        &self,
    ) -> Result<(SignatureSecretKey, SignaturePublicKey), Refused> {
        let (mut secret, public) = signature::generate(&self.random);
        Ok((std::mem::take(&mut *secret).into(), public.into()))
    }

    async fn signature_key_derive_public(
        &self,
        secret: &SignatureSecretKey,
    ) -> Result<SignaturePublicKey, Refused> {
        signature::public(secret).map(Into::into)
    }

    async fn sign(&self, secret: &SignatureSecretKey, data: &[u8]) -> Result<Vec<u8>, Refused> {
        signature::sign(secret, data)
    }

    async fn verify(
        &self,
        key: &SignaturePublicKey,
        signature: &[u8],
        data: &[u8],
    ) -> Result<(), Refused> {
        signature::verify(key, signature, data, self.suite.is_strict())
    }
}
