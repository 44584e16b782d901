//! Sixty-four packets in memory of fixed size, found by their extended sequence number.

/// Packets held at most: 1.28 s of 20 ms packets.
pub(crate) const SLOTS: u64 = 64;

/// What is known of a stored packet besides its payload.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) sequence: u64,
    pub(crate) timestamp: i64,
    /// Timestamp units that the packet lasts.
    pub(crate) duration: i64,
    pub(crate) restarted: bool,
    len: usize,
}

#[derive(Debug)]
pub(crate) struct Ring {
    entries: [Option<Entry>; SLOTS as usize],
    bytes: Box<[u8]>,
    slot_bytes: usize,
}

impl Ring {
    pub(crate) fn new(slot_bytes: usize) -> Self {
        Self {
            entries: [None; SLOTS as usize],
            bytes: vec![0; slot_bytes * SLOTS as usize].into(),
            slot_bytes,
        }
    }

    pub(crate) fn slot_bytes(&self) -> usize {
        self.slot_bytes
    }

    pub(crate) fn contains(&self, sequence: u64) -> bool {
        self.get(sequence).is_some()
    }

    /// Store a packet over whatever its slot held. `payload` fits a slot.
    pub(crate) fn put(&mut self, mut entry: Entry, payload: &[u8]) {
        let at = slot(entry.sequence);
        entry.len = payload.len();
        self.bytes[at * self.slot_bytes..][..payload.len()].copy_from_slice(payload);
        self.entries[at] = Some(entry);
    }

    pub(crate) fn get(&self, sequence: u64) -> Option<Entry> {
        self.entries[slot(sequence)].filter(|entry| entry.sequence == sequence)
    }

    /// The oldest packet from `head` on.
    pub(crate) fn first_from(&self, head: u64) -> Option<Entry> {
        (head..head + SLOTS).find_map(|sequence| self.get(sequence))
    }

    /// Forget a packet. Its bytes stay readable until the slot is used again.
    pub(crate) fn remove(&mut self, sequence: u64) {
        if self.contains(sequence) {
            self.entries[slot(sequence)] = None;
        }
    }

    pub(crate) fn payload(&self, entry: &Entry) -> &[u8] {
        &self.bytes[slot(entry.sequence) * self.slot_bytes..][..entry.len]
    }

    pub(crate) fn clear(&mut self) {
        self.entries = [None; SLOTS as usize];
    }
}

impl Entry {
    pub(crate) fn new(sequence: u64, timestamp: i64, duration: i64) -> Self {
        Self {
            sequence,
            timestamp,
            duration,
            restarted: false,
            len: 0,
        }
    }

    pub(crate) fn end(&self) -> i64 {
        self.timestamp + self.duration
    }
}

fn slot(sequence: u64) -> usize {
    (sequence % SLOTS) as usize
}
