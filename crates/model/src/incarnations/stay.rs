//! The knowledge of one incarnation, and its messages.

/// An incarnation: 0 and 1 belong to device a, 2 and 3 to device b.
pub type Name = u8;

/// The incarnation of the other device at the same position: 2 for 0, 3 for 1, and back.
pub(super) const fn other(name: Name) -> Name {
    (name + 2) % 4
}

/// A key message, reduced to the parts that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Message {
    /// An announcement; nonces have numbers.
    Announce {
        /// Its sender.
        from: Name,
        /// The incarnation that its sender holds.
        to: Option<Name>,
        /// The sender's open nonce.
        open: u8,
        /// The incarnation whose open nonce it answers, and the nonce's number.
        answers: Option<(Name, u8)>,
        /// The sender's newest question.
        question: u8,
    },
    /// An envelope.
    Envelope {
        /// Its sender.
        from: Name,
        /// The incarnation that it is sealed to.
        to: Name,
        /// Its content.
        content: Content,
    },
    /// An ack.
    Ack {
        /// Its sender.
        from: Name,
        /// Its recipient.
        to: Name,
        /// The envelope's counter.
        counter: u8,
    },
    /// Two incarnations of one device are alive.
    Twice {
        /// Its sender.
        from: Name,
        /// The one that is refused.
        to: Name,
        /// The one that is kept.
        kept: Name,
    },
}

/// The contents of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Content {
    /// The sender's counter.
    pub counter: u8,
    /// The recipient's question that it answers.
    pub answers: u8,
    /// The sender's newest question.
    pub question: u8,
    /// Not on the wire: the membership of the recipient in which it was made.
    pub made_in: u8,
}

impl Message {
    /// Its sender.
    pub const fn from(&self) -> Name {
        match *self {
            Self::Announce { from, .. }
            | Self::Envelope { from, .. }
            | Self::Ack { from, .. }
            | Self::Twice { from, .. } => from,
        }
    }

    /// Whether it may replace `kept`. It may not if both are envelopes of one sender and it is not
    /// the newer one.
    pub fn is_after(&self, kept: &Self) -> bool {
        match (self, kept) {
            (
                Self::Envelope { from, content, .. },
                Self::Envelope { from: of, content: old, .. },
            ) => from != of || content.counter > old.counter,
            _ => true,
        }
    }
}

/// One incarnation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stay {
    pub(super) alive: bool,
    /// The counter of the last envelope.
    pub(super) counter: u8,
    /// The number of its newest question.
    pub(super) question: u8,
    /// Whether its application was told that a device is in the call twice.
    pub(super) told: bool,
    /// Whether the other device refuses it. A refused incarnation sends nothing.
    pub(super) silent: bool,
    pub(super) peer: Peer,
    /// Not known to it: how often it has added the other device.
    pub(super) membership: u8,
    /// Not known to it: the living incarnations of the other device in this membership, as bits.
    pub(super) witnessed: u8,
    /// Not known to it: the highest accepted counter of each incarnation of the other device.
    top: [u8; 2],
}

/// Its knowledge about the other device in this membership.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Peer {
    pub(super) open: u8,
    /// The number of our newest question when the other device came onto the roster.
    pub(super) since: u8,
    pub(super) newest: Option<Name>,
    /// The newest question of the newest incarnation.
    pub(super) asked: Option<u8>,
    /// Earlier newest incarnations, with the counter of the last accepted envelope.
    former: [Option<u8>; 2],
    /// Our last envelope, and whether it was acknowledged.
    pub(super) sent: Option<(Content, bool)>,
    /// The highest counter that was acknowledged.
    acked: u8,
    /// The counter of the last accepted envelope of the newest incarnation.
    pub(super) taken: u8,
    /// Whether that envelope was accepted after its incarnation became the newest. Only then a copy
    /// of it is acknowledged again.
    pub(super) receipt: bool,
    pub(super) keyed: bool,
    /// Whether we announce ourselves until an envelope comes, with zeros for its incarnation.
    pub(super) insists: bool,
    pub(super) stray: Option<Message>,
    pub(super) refuses: Option<Name>,
    /// Our counter when two incarnations were judged, and whether thirty seconds have passed since
    /// then.
    pub(super) judged: Option<(u8, bool)>,
}

impl Stay {
    pub(super) const fn entering(witnessed: u8) -> Self {
        Self {
            alive: true,
            counter: 0,
            question: 1,
            told: false,
            silent: false,
            peer: Peer::added(1, 1),
            membership: 1,
            witnessed,
            top: [0; 2],
        }
    }

    /// The number of its open nonce.
    pub const fn open(&self) -> u8 {
        self.peer.open
    }

    /// The number of its newest question.
    pub const fn question(&self) -> u8 {
        self.question
    }

    /// The counter of its last envelope.
    pub const fn counter(&self) -> u8 {
        self.counter
    }

    /// Whether it has the key of the other device's newest incarnation.
    pub const fn is_keyed(&self) -> bool {
        self.peer.keyed
    }

    /// Whether its application was told that a device is in the call twice.
    pub const fn is_told(&self) -> bool {
        self.told
    }

    /// Whether its last envelope was acknowledged.
    pub fn is_acknowledged(&self) -> bool {
        self.peer.sent.is_some_and(|(_, acked)| acked)
    }

    /// The incarnation ends. Its remaining state does not matter.
    pub(super) const fn ended() -> Self {
        Self { alive: false, ..Self::entering(0) }
    }

    pub(super) const fn draw_question(&mut self) {
        self.question += 1;
    }

    /// 2 (7): a removal draws a question. 3.1 (1): an addition to the roster draws an open nonce.
    pub(super) const fn add_again(&mut self, alive: u8) {
        self.draw_question();
        self.membership += 1;
        self.witnessed = alive;
        self.peer = Peer::added(self.peer.open + 1, self.question);
    }

    /// Accepts an envelope. Returns the promise that this breaks.
    pub(super) fn take(&mut self, from: Name, content: Content) -> Option<&'static str> {
        let counter = content.counter;
        let Peer { taken, receipt, keyed, insists, .. } = &mut self.peer;
        (*taken, *receipt, *keyed, *insists) = (counter, true, true, false);
        let top = &mut self.top[usize::from(from % 2)];
        let before = core::mem::replace(top, counter.max(*top));
        if content.made_in != self.membership {
            return Some("key: an envelope was taken that was made in another membership");
        }
        (counter < before).then_some("key: an older envelope was taken after a newer one")
    }

    /// 3.2 (7).
    pub(super) const fn twice(&mut self, refused: bool) {
        self.told = true;
        if refused {
            (self.silent, self.peer.insists) = (true, true);
        }
    }

    /// Thirty seconds pass.
    pub(super) fn wait(&mut self) {
        self.silent = false;
        self.peer.refuses = None;
        self.peer.judged = self.peer.judged.map(|(counter, _)| (counter, true));
    }

    /// 3.1 (2), (3). Sends nothing while it is silent.
    pub fn announcement(&self, me: Name, answers: Option<(Name, u8)>) -> Option<Message> {
        let Peer { open, newest, insists, .. } = self.peer;
        let (to, question) = (newest.filter(|_| !insists), self.question);
        (!self.silent).then_some(Message::Announce { from: me, to, open, answers, question })
    }

    /// The last envelope, unless it was acknowledged. `anyway` returns it even then.
    pub(super) fn envelope(&self, me: Name, anyway: bool) -> Option<Message> {
        let (content, acked) = self.peer.sent?;
        let to = self.peer.newest?;
        let leaves = !self.silent && (!acked || anyway);
        leaves.then_some(Message::Envelope { from: me, to, content })
    }

    /// The messages of its timers: an announcement until an envelope came (3.1 (2)), an envelope
    /// until it is acknowledged.
    pub(super) fn said(&self, me: Name) -> impl Iterator<Item = Message> {
        let wants = !self.peer.keyed || self.peer.insists;
        let announcement = self.announcement(me, None).filter(|_| wants);
        announcement.into_iter().chain(self.envelope(me, false)).filter(|_| self.alive)
    }
}

impl Peer {
    const fn added(open: u8, since: u8) -> Self {
        Self {
            open,
            since,
            newest: None,
            asked: None,
            former: [None; 2],
            sent: None,
            acked: 0,
            taken: 0,
            receipt: false,
            keyed: false,
            insists: false,
            stray: None,
            refuses: None,
            judged: None,
        }
    }

    pub(super) const fn draw_open(&mut self) {
        self.open += 1;
    }

    pub(super) const fn is_former(&self, name: Name) -> bool {
        self.former[(name % 2) as usize].is_some()
    }

    pub(super) fn acknowledge(&mut self, counter: u8) {
        self.acked = self.acked.max(counter);
        if let Some((content, acked)) = &mut self.sent {
            *acked |= content.counter == counter;
        }
    }

    /// 3.2 (4): the kept one has acknowledged nothing that was made since.
    pub(super) fn silent_for_long(&self) -> bool {
        self.judged.is_some_and(|(counter, long_ago)| long_ago && self.acked <= counter)
    }

    /// Makes another one the newest. Returns whether an envelope of it was accepted before.
    pub(super) fn enter(&mut self, name: Name, question: u8) -> bool {
        if let Some(before) = self.newest {
            self.former[usize::from(before % 2)] = Some(self.taken);
        }
        self.taken = self.former[usize::from(name % 2)].take().unwrap_or(0);
        (self.newest, self.asked, self.keyed) = (Some(name), Some(question), false);
        (self.sent, self.acked, self.receipt) = (None, 0, false);
        self.taken > 0
    }
}
