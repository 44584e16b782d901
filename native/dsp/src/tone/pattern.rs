//! The table of tones: frequencies, lengths, levels. The browser pages make the same set themselves.

/// What a tone says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Speak now: three short high pulses.
    Granted,
    /// Your turn in the queue has come: one short, one long and higher.
    Go,
    /// You are queued: two soft pulses, then one each 5 s until stopped.
    Queued,
    /// Not granted: two low honks.
    Denied,
    /// The floor was taken away: a falling figure, up to three times.
    Revoked,
    /// Time is nearly out: one pulse a second, five at most.
    TimeNearlyOut,
    /// The talker has stopped.
    EndOfTalk,
    /// The radio channel is busy.
    Busy,
    /// Sound does not get through.
    MediaFault,
    /// Emergency: two alternating pitches, 2 s on, 4 s off, until stopped.
    EmergencyAlarm,
    /// Somebody has acknowledged the emergency.
    EmergencyAcked,
    /// The emergency is over.
    Cleared,
}

/// Which harmonics sound with the fundamental.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timbre {
    Pure,
    /// 1, 3 and 5: a honk.
    Odd,
    /// 1 to 5, as far as they stay below 4 kHz: heard on small speakers and by ageing ears.
    Rich,
}

/// One pulse or pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    /// Fundamental in Hz; 0 is a pause.
    pub(super) hz: u16,
    pub(super) ms: u16,
}

/// A whole tone: `intro` once, then `cycle` as often as `cycles` says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) intro: &'static [Segment],
    pub(super) cycle: &'static [Segment],
    /// `None`: until stopped.
    pub(super) cycles: Option<u32>,
    pub(super) timbre: Timbre,
    /// Level of a pulse's peak against full scale, dB: the RMS level against a full-scale sine.
    pub(super) level_db: i8,
    /// Start this much lower and reach the level after 1 s, dB.
    pub(super) rise_db: i8,
}

const fn on(hz: u16, ms: u16) -> Segment {
    Segment { hz, ms }
}

const fn off(ms: u16) -> Segment {
    Segment { hz: 0, ms }
}

/// A tone that is heard once.
const fn once(intro: &'static [Segment], level_db: i8) -> Pattern {
    Pattern {
        intro,
        cycle: &[],
        cycles: Some(0),
        timbre: Timbre::Pure,
        level_db,
        rise_db: 0,
    }
}

/// A tone whose cycle repeats.
const fn repeated(cycle: &'static [Segment], cycles: u32, level_db: i8) -> Pattern {
    Pattern {
        intro: &[],
        cycle,
        cycles: Some(cycles),
        timbre: Timbre::Pure,
        level_db,
        rise_db: 0,
    }
}

static GRANTED: Pattern = once(
    &[on(880, 40), off(25), on(880, 40), off(25), on(880, 40)],
    -26,
);
static GO: Pattern = once(&[on(880, 40), off(20), on(1175, 140)], -22);
static QUEUED: Pattern = Pattern {
    intro: &[on(523, 90), off(90), on(523, 90)],
    cycle: &[off(5000), on(523, 60)],
    cycles: None,
    timbre: Timbre::Pure,
    level_db: -28,
    rise_db: 0,
};
static DENIED: Pattern = Pattern {
    timbre: Timbre::Odd,
    ..once(&[on(311, 180), off(60), on(311, 180)], -20)
};
static REVOKED: Pattern = repeated(
    &[on(659, 110), on(440, 110), on(294, 110), off(670)],
    3,
    -16,
);
static TIME_NEARLY_OUT: Pattern = repeated(&[on(1319, 50), off(950)], 5, -24);
static END_OF_TALK: Pattern = once(&[on(1319, 40)], -34);
static BUSY: Pattern = once(&[on(450, 350), off(350), on(450, 350)], -22);
static MEDIA_FAULT: Pattern = once(
    &[on(196, 120), off(60), on(196, 120), off(60), on(196, 120)],
    -20,
);
static EMERGENCY_ALARM: Pattern = Pattern {
    intro: &[],
    cycle: &[
        on(587, 250),
        on(784, 250),
        on(587, 250),
        on(784, 250),
        on(587, 250),
        on(784, 250),
        on(587, 250),
        on(784, 250),
        off(4000),
    ],
    cycles: None,
    timbre: Timbre::Rich,
    level_db: -12,
    rise_db: 12,
};
static EMERGENCY_ACKED: Pattern = once(
    &[
        on(1000, 90),
        off(90),
        on(1000, 90),
        off(90),
        on(1000, 90),
        off(90),
        on(1000, 90),
    ],
    -18,
);
static CLEARED: Pattern = once(&[on(440, 120), on(659, 120)], -26);

impl Tone {
    pub(super) fn pattern(self) -> &'static Pattern {
        match self {
            Self::Granted => &GRANTED,
            Self::Go => &GO,
            Self::Queued => &QUEUED,
            Self::Denied => &DENIED,
            Self::Revoked => &REVOKED,
            Self::TimeNearlyOut => &TIME_NEARLY_OUT,
            Self::EndOfTalk => &END_OF_TALK,
            Self::Busy => &BUSY,
            Self::MediaFault => &MEDIA_FAULT,
            Self::EmergencyAlarm => &EMERGENCY_ALARM,
            Self::EmergencyAcked => &EMERGENCY_ACKED,
            Self::Cleared => &CLEARED,
        }
    }

    /// Length in ms, or `None` for a tone that goes on until it is stopped.
    pub fn duration_ms(self) -> Option<u32> {
        let pattern = self.pattern();
        let sum = |part: &[Segment]| part.iter().map(|s| u32::from(s.ms)).sum::<u32>();
        Some(sum(pattern.intro) + sum(pattern.cycle) * pattern.cycles?)
    }
}

impl Pattern {
    /// The segment at `index`, counted through all repetitions; `None` after the last.
    pub(super) fn segment(&self, index: usize) -> Option<Segment> {
        if let Some(segment) = self.intro.get(index) {
            return Some(*segment);
        }
        let within = index - self.intro.len();
        let round = within.checked_div(self.cycle.len())?;
        if self.cycles.is_some_and(|cycles| round >= cycles as usize) {
            return None;
        }
        Some(self.cycle[within % self.cycle.len()])
    }
}
