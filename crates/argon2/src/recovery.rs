//! A device's private keys sealed under a password, for storage or download.
//!
//! ```text
//! container  = header ‖ check, 32 bytes ‖ ct ‖ tag, 16 bytes
//! header     = "sealframe recovery" ‖ u8 version = 2 ‖ u8 kdf = 1 (Argon2id, version 0x13)
//!              ‖ u32 memory in KiB ‖ u32 passes ‖ u8 lanes = 1 ‖ salt, 16 bytes      45 bytes
//! key, check = Argon2id(password, salt, memory, passes, lanes, 64 bytes), in halves
//! ct, tag    = AES-256-GCM(key, nonce = 12 zero bytes, aad = header ‖ check, payload)
//! ```
//! Numbers are big-endian. The salt is new each time, so each key seals once and the nonce need not
//! vary. The check commits the container to one password, which AES-GCM alone does not. A container
//! that opens under several passwords would reveal to its maker which of them was typed.

use crate::Error;
use crate::argon::{Cost, derive};
use aes_gcm_simd::Aes256Gcm;
use aes_gcm_simd::aead::inout::InOutBuf;
use aes_gcm_simd::aead::{AeadInOut, KeyInit};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use zeroize::Zeroizing;

/// At most 64 KiB of payload. A device's keys have some hundreds of bytes.
pub const MAX_PAYLOAD_LEN: usize = 64 << 10;

const MAGIC: &[u8; 18] = b"sealframe recovery";
const VERSION: u8 = 2;
const ARGON2ID: u8 = 1;
const LANES: u8 = 1;
/// Random and new for each container, because each key seals once.
pub type Salt = [u8; 16];
const SALT_LEN: usize = size_of::<Salt>();
const CHECK_LEN: usize = 32;
const TAG_LEN: usize = 16;
/// A constant, because each key seals once.
const NONCE: [u8; 12] = [0; 12];
/// Length of everything in front of the ciphertext in bytes.
const FRONT_LEN: usize = MAGIC.len() + 2 + 4 + 4 + 1 + SALT_LEN + CHECK_LEN;

/// A parsed container. Its cost can be read before it is opened.
#[derive(Clone, Copy, Debug)]
pub struct Container<'a> {
    cost: Cost,
    salt: [u8; SALT_LEN],
    check: [u8; CHECK_LEN],
    front: &'a [u8],
    sealed: &'a [u8],
    tag: [u8; TAG_LEN],
}

/// The output of Argon2id for one password and salt.
struct Keys(Box<Zeroizing<[u8; 32 + CHECK_LEN]>>);

/// Seals `payload` under a password.
///
/// The password is used as it is. The same letters can be different bytes, so the application
/// converts it to Unicode's form NFC first. It also decides which passwords are good enough.
///
/// # Errors
/// [`Error::BadArgument`] for an empty password or more than [`MAX_PAYLOAD_LEN`] bytes,
/// [`Error::OutOfMemory`].
pub fn seal(password: &str, payload: &[u8], cost: Cost, salt: Salt) -> Result<Vec<u8>, Error> {
    if password.is_empty() || payload.len() > MAX_PAYLOAD_LEN {
        return Err(Error::BadArgument);
    }
    let keys = Keys::derive(password, &salt, cost)?;
    // Reserves room for everything: a growing Vec would leave copies of the payload behind.
    let mut container = Vec::with_capacity(FRONT_LEN + payload.len() + TAG_LEN);
    write_front(&mut container, cost, &salt, keys.check());
    container.extend_from_slice(payload);
    let (front, payload) = container.split_at_mut(FRONT_LEN); // `write_front` wrote that many
    let sealed =
        keys.cipher().encrypt_inout_detached(&NONCE.into(), front, InOutBuf::from(payload));
    container.extend_from_slice(&sealed.map_err(|_| Error::BadArgument)?);
    Ok(container)
}

/// Opens a container and returns its payload.
///
/// # Errors
/// [`Error::WrongPassword`]; [`Error::BadContainer`] or [`Error::UnsupportedVersion`] for other
/// data, a damaged container, or a cost outside the bounds; [`Error::OutOfMemory`].
pub fn open(password: &str, container: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    Container::parse(container)?.open(password)
}

impl<'a> Container<'a> {
    /// Reads a container.
    ///
    /// # Errors
    /// [`Error::BadContainer`], [`Error::UnsupportedVersion`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let (magic, rest) = take(bytes).ok_or(Error::BadContainer)?;
        if magic != *MAGIC || bytes.len() > FRONT_LEN + MAX_PAYLOAD_LEN + TAG_LEN {
            return Err(Error::BadContainer);
        }
        match take(rest) {
            Some(([VERSION, ARGON2ID], rest)) => {
                Self::parse_rest(bytes, rest).ok_or(Error::BadContainer)
            }
            Some(_) => Err(Error::UnsupportedVersion),
            None => Err(Error::BadContainer),
        }
    }

    /// The cost of opening it, whether or not the password is right.
    pub const fn cost(&self) -> Cost {
        self.cost
    }

    /// Opens the container.
    ///
    /// # Errors
    /// As [`open`].
    pub fn open(&self, password: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
        let keys = Keys::derive(password, &self.salt, self.cost)?;
        if !same(keys.check(), &self.check) {
            return Err(Error::WrongPassword);
        }
        let mut payload = Zeroizing::new(self.sealed.to_vec());
        let inout = InOutBuf::from(payload.as_mut_slice());
        let (nonce, tag) = (NONCE.into(), self.tag.into());
        let opened = keys.cipher().decrypt_inout_detached(&nonce, self.front, inout, &tag);
        opened.map(|()| payload).map_err(|_| Error::BadContainer)
    }

    fn parse_rest(bytes: &'a [u8], rest: &'a [u8]) -> Option<Self> {
        let (memory, rest) = take(rest)?;
        let (passes, rest) = take(rest)?;
        let ([lanes], rest) = take(rest)?;
        let (salt, rest) = take(rest)?;
        let (check, rest) = take(rest)?;
        let cost = Cost::new(u32::from_be_bytes(memory), u32::from_be_bytes(passes)).ok()?;
        let (sealed, tag) = rest.split_last_chunk()?;
        let front = bytes.get(..FRONT_LEN).filter(|_| lanes == LANES)?;
        Some(Self { cost, salt, check, front, sealed, tag: *tag })
    }
}

impl Keys {
    fn derive(password: &str, salt: &[u8; SALT_LEN], cost: Cost) -> Result<Self, Error> {
        derive(password, salt, cost).map(Self)
    }

    fn cipher(&self) -> Box<Aes256Gcm> {
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(&self.0[..32]);
        Box::new(Aes256Gcm::new((&*key).into()))
    }

    fn check(&self) -> &[u8] {
        &self.0[32..]
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

fn write_front(out: &mut Vec<u8>, cost: Cost, salt: &[u8; SALT_LEN], check: &[u8]) {
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&[VERSION, ARGON2ID]);
    out.extend_from_slice(&cost.memory().to_be_bytes());
    out.extend_from_slice(&cost.passes().to_be_bytes());
    out.push(LANES);
    out.extend_from_slice(salt);
    out.extend_from_slice(check);
}

fn take<const N: usize>(bytes: &[u8]) -> Option<([u8; N], &[u8])> {
    bytes.split_first_chunk().map(|(head, rest)| (*head, rest))
}

/// Whether both are the same. Takes a time that depends on the length only.
fn same(a: &[u8], b: &[u8]) -> bool {
    let difference = a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b));
    core::hint::black_box(difference) == 0 && a.len() == b.len()
}
