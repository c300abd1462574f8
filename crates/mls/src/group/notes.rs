//! What devices say to each other besides commits.

use super::asking::Need;
use super::epoch::Member;
use super::line::Line;
use super::output::To;
use super::stay::Stay;
use super::timing::ANSWER;
use crate::Error;
use crate::identity::DeviceId;
use crate::wire::{Ask, Beacon, Body, Branch, Info, Message, Note};
use mls_rs_core::crypto::{CipherSuiteProvider, HpkeCiphertext, SignaturePublicKey};

/// A device that has refused our commits this often does not follow us: one of them lets in a device
/// that it refuses.
const IN_VAIN: u32 = 2;

/// Stands in front of what a GroupInfo is sealed with.
const INFO: &[u8] = b"sealframe/1 mls info";

impl Stay {
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match Message::parse(bytes, self.setup.call())? {
            Message::Commit(branch, commit) => self.receive_commit(branch, commit, bytes),
            Message::Note(note) => self.receive_note(&note),
        }
    }

    /// Says where our branch is.
    pub(super) fn say_beacon(&mut self, to: To) -> Result<(), Error> {
        let epoch = self.line.as_ref().ok_or(Error::NoGroup)?.current();
        let (number, branch, leaf) = (epoch.number(), epoch.branch(), epoch.own_leaf());
        self.presence.said(self.now);
        self.say(to, &Body::Beacon(Beacon { epoch: number, branch, leaf }))
    }

    /// Asks for what is missing.
    pub(super) fn say_ask(&mut self, to: To) -> Result<(), Error> {
        let nonce = self.asking.nonce().ok_or(Error::BadArgument)?;
        let have = self.line.as_ref().map(|line| line.current().branch());
        let branch = have.filter(|_| !self.asking.asks_in_vain()).unwrap_or_default();
        let key = self.asking.keys().1.to_vec();
        let (is_out, wants_info) = (have.is_none(), self.asking.need() == Need::Info);
        self.say(to, &Body::Ask(Ask { nonce, is_out, wants_info, branch, key: &key }))
    }

    /// Lets a device in that has asked.
    pub(super) fn say_info(
        &mut self,
        to: DeviceId,
        nonce: [u8; 16],
        key: &mls_rs_core::crypto::HpkePublicKey,
    ) -> Result<(), Error> {
        let epoch = self.line.as_ref().ok_or(Error::NoGroup)?.current();
        let lead = self.presence.lead(epoch, self.setup.directory(), self.now);
        let leaf = epoch.member_of(to).map(|member| member.leaf);
        let (branch, info) = (epoch.branch(), epoch.info()?);
        let about = self.about_info(to, &nonce);
        let sealed = self.setup.crypto().hpke_seal(key, &about, None, &info);
        let HpkeCiphertext { kem_output: enc, ciphertext } =
            sealed.map_err(|_| Error::BadArgument)?;
        let (enc, ciphertext) = (enc.as_slice(), ciphertext.as_slice());
        let info = Info { to, nonce, branch, lead, leaf, enc, ciphertext };
        self.say(To::One(to), &Body::Info(info))
    }

    fn say(&mut self, to: To, body: &Body<'_>) -> Result<(), Error> {
        self.counter += 1;
        let present = self.line.as_ref().map(|line| line.current().leaf());
        // The present leaf may be one that others have seen replaced: it does not let us in again.
        let joins = matches!(body, Body::Ask(ask) if ask.wants_info);
        let leaf = if joins { self.next.ready() } else { present };
        let leaf = leaf.ok_or(Error::NoGroup)?;
        let bytes = leaf.sign(body, self.counter, &self.setup.crypto())?;
        self.outbox.send(to, bytes);
        Ok(())
    }

    fn receive_note(&mut self, note: &Note<'_>) -> Result<(), Error> {
        let device = note.certificate().device();
        if device == self.own.id() {
            return Ok(()); // a transport that orders messages gives us our own
        }
        self.verify(note)?;
        self.check(note)?;
        self.counters.take(note);
        // A device of another branch does nothing for ours.
        let branch = match note.body() {
            Body::Beacon(beacon) => beacon.branch,
            Body::Ask(ask) => ask.branch,
            Body::Info(_) => Branch::default(),
        };
        if let Some(line) = self.line.as_ref().filter(|line| line.knows(branch)) {
            self.presence.hear(device, line.current(), self.now);
        }
        match note.body() {
            Body::Beacon(beacon) => self.receive_beacon(device, beacon),
            Body::Ask(ask) => self.receive_ask(device, ask),
            Body::Info(info) => self.receive_info(info),
        }
    }

    fn verify(&self, note: &Note<'_>) -> Result<(), Error> {
        let certificate = note.certificate();
        if !self.setup.directory().has(certificate.device()) {
            return Err(Error::NotAMember);
        }
        if self.freshness.is_stale(certificate.leaf(), self.now) {
            return Err(Error::StaleLeaf);
        }
        if self.counters.has(note) {
            return Err(Error::Replayed);
        }
        self.setup.directory().verify(certificate)?;
        let key = SignaturePublicKey::new_slice(certificate.leaf().as_bytes());
        let genuine = self.setup.crypto().verify(&key, note.signature(), note.to_sign());
        genuine.map_err(|_| Error::BadSignature)
    }

    /// Whether the body is one that an honest device sends.
    fn check(&self, note: &Note<'_>) -> Result<(), Error> {
        let epoch = self.line.as_ref().map(Line::current);
        let certificate = note.certificate();
        let good = match (note.body(), epoch) {
            (Body::Beacon(beacon), Some(epoch)) if beacon.branch == epoch.branch() => {
                let says = |member: &Member| {
                    member.device == certificate.device() && member.key == *certificate.leaf()
                };
                epoch.member(beacon.leaf).is_some_and(says)
            }
            (Body::Ask(ask), _) => {
                let key = ask.key.to_vec().into();
                self.setup.crypto().kem_public_key_validate(&key).is_ok()
            }
            _ => true,
        };
        if good { Ok(()) } else { Err(Error::BadMessage) }
    }

    fn is_asked(&self, info: &Info<'_>) -> bool {
        let ours = info.to == self.own.id();
        ours && self.asking.has_asked(&info.nonce, self.now) && self.asking.need() == Need::Info
    }

    fn receive_beacon(&mut self, device: DeviceId, beacon: &Beacon) -> Result<(), Error> {
        let lead = (beacon.leaf, device);
        let Some(line) = &self.line else {
            self.asking.want(Need::Info, lead, false, self.now);
            return Ok(());
        };
        let epoch = line.current();
        if beacon.branch == epoch.branch() {
            self.presence.follow(lead, self.now);
            if lead.0 > epoch.own_leaf() && self.may_answer(device) {
                return self.say_beacon(To::One(device));
            }
            return Ok(());
        }
        let own = self.presence.lead(epoch, self.setup.directory(), self.now);
        let is_behind = line.since(beacon.branch).is_some();
        let follows = lead > own || !self.has_resent_in_vain(device, beacon.branch);
        if is_behind && follows {
            self.resend(device, beacon.branch);
        } else {
            let need = if lead <= own { Need::Info } else { Need::Commits };
            let at_home = own.1 != self.own.id();
            self.asking.want(need, lead, at_home, self.now);
        }
        Ok(())
    }

    fn receive_ask(&mut self, device: DeviceId, ask: &Ask<'_>) -> Result<(), Error> {
        if ask.is_out {
            self.asking.other(device, self.now);
        }
        let Some(line) = &self.line else { return Ok(()) };
        if line.since(ask.branch).is_some() {
            self.resend(device, ask.branch);
        } else if ask.wants_info && ask.branch != line.current().branch() {
            self.admission.ask(device, ask, self.now);
        }
        Ok(())
    }

    fn receive_info(&mut self, info: &Info<'_>) -> Result<(), Error> {
        if info.to != self.own.id() {
            return Err(Error::WrongRecipient);
        }
        if !self.is_asked(info) {
            return Err(Error::Replayed);
        }
        if let Some(line) = &self.line {
            let own = self.presence.lead(line.current(), self.setup.directory(), self.now);
            let same = line.current().branch() == info.branch;
            let best = self.asking.follows(self.now).map_or(own, |lead| lead.min(own));
            let worse = info.lead > best && !self.asking.asks_in_vain();
            if same || worse {
                return Err(Error::Replayed);
            }
        }
        let opened = self.open_info(info)?;
        self.join(&opened, info.branch, info.leaf)
    }

    fn open_info(&self, info: &Info<'_>) -> Result<zeroize::Zeroizing<Vec<u8>>, Error> {
        let (secret, public) = self.asking.keys();
        let (kem_output, ciphertext) = (info.enc.to_vec(), info.ciphertext.to_vec());
        let sealed = HpkeCiphertext { kem_output, ciphertext };
        let about = self.about_info(info.to, &info.nonce);
        let opened = self.setup.crypto().hpke_open(&sealed, secret, public, &about, None);
        opened.map_err(|_| Error::BadGroupInfo)
    }

    fn about_info(&self, to: DeviceId, nonce: &[u8; 16]) -> Vec<u8> {
        [INFO, self.setup.call().as_bytes(), to.as_bytes(), nonce].concat()
    }

    /// Sends a device the commits since its epoch.
    fn resend(&mut self, device: DeviceId, since: Branch) {
        if !self.may_answer(device) {
            return;
        }
        let (branch, times) = self.resent.entry(device).or_default();
        *times = if *branch == since { *times + 1 } else { 1 };
        *branch = since;
        let commits = self.line.as_ref().and_then(|line| line.since(since));
        for commit in commits.into_iter().flatten() {
            self.outbox.send(To::One(device), commit.to_vec());
        }
    }

    fn has_resent_in_vain(&self, device: DeviceId, since: Branch) -> bool {
        let resent = self.resent.get(&device);
        resent.is_some_and(|(branch, times)| *branch == since && *times >= IN_VAIN)
    }

    /// Whether the last answer to a device is long enough ago.
    fn may_answer(&mut self, device: DeviceId) -> bool {
        let last = self.answered.get(&device);
        let may = last.is_none_or(|last| self.now.since(*last) >= ANSWER);
        if may {
            self.answered.insert(device, self.now);
        }
        may
    }
}
