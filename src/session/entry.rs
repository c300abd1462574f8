//! One entry of the roster that the application sets.

use crate::Error;
use crate::envelope::{Bundle, DeviceId, Suite};
use alloc::vec::Vec;

/// A device on the application's list: its bundle, or the reason why the entry is refused.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The id of the device, if it is known. A refused entry still keeps a member with this id on
    /// the roster.
    id: Option<DeviceId>,
    bundle: Result<Bundle, Error>,
}

impl Entry {
    /// Reads an entry. `id` is the application's name for the device in hexadecimal digits. If it
    /// is given, the bundle's hash must match it.
    pub fn parse(bytes: &[u8], id: Option<&str>) -> Self {
        let of_bytes = DeviceId::of(bytes);
        let named = id.map_or(Some(of_bytes), DeviceId::parse);
        let same = named == Some(of_bytes);
        let bundle = if same { Bundle::parse(bytes) } else { Err(Error::BadBundle) };
        Self { id: named, bundle }
    }

    /// The id of the device, if it is known.
    pub(super) const fn id(&self) -> Option<DeviceId> {
        self.id
    }
}

/// The devices of a list, each once and without `own`; or index and error of the first refused
/// entry.
///
/// # Errors
/// [`Error::BadBundle`], also if two entries, or one and `own`, share a public key;
/// [`Error::UnsupportedVersion`]; [`Error::LegacyDevice`] and [`Error::ClassicDevice`] for a suite
/// weaker than `weakest`.
pub(super) fn parse_list(
    entries: &[Entry],
    own: &Bundle,
    weakest: Suite,
) -> Result<Vec<Bundle>, (usize, Error)> {
    let mut listed: Vec<&Bundle> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let bundle = entry.bundle.as_ref().map_err(|code| (at, *code))?;
        let same = |other: &&Bundle| other.id() == bundle.id();
        if same(&own) || listed.iter().any(same) {
            continue;
        }
        if let Some(code) = bundle.suite().refused_as(weakest) {
            return Err((at, code));
        }
        if bundle.shares_key_with(own) || listed.iter().any(|other| bundle.shares_key_with(other)) {
            return Err((at, Error::BadBundle));
        }
        listed.push(bundle);
    }
    Ok(listed.into_iter().cloned().collect())
}
