//! Delays, outages, replays and changes of the hub, drawn at random: nothing stale and nothing unasked for
//! is ever put on air.

use std::collections::BTreeMap;

use proptest::prelude::*;
use radio::fence::{Action, Fence};
use radio::message::{Audio, FloorDown, FloorUp, HeartbeatDown, HubState, Key, Source};
use radio::{MS, Micros, SECOND};

use crate::rig::{CODEC, settings, terms};

const LATE: Micros = 250 * MS;
/// What a frame may wait inside the fence (`limits::WAIT`).
const WAIT: Micros = 600 * MS;
/// The least delay of the way; the fence can only know more than it.
const WAY: Micros = 25 * MS;
const SKEW: Micros = 3_600 * SECOND;

/// A broker connection with stalls: everything sent during one comes at its end, in order.
#[derive(Debug, Clone)]
struct Story {
    stalls: Vec<(Micros, Micros)>,
    jitter: Vec<Micros>,
    /// Overs: begin, length, whether the hub is another one by then.
    overs: Vec<(Micros, Micros, bool)>,
    /// Whole record is sent again at these times.
    replays: Vec<Micros>,
}

fn story() -> impl Strategy<Value = Story> {
    let time = || 0..30 * SECOND;
    // The first heartbeats come in time: see the limit that `clock` states.
    let stall = (1_200 * MS..30 * SECOND, 50 * MS..4 * SECOND);
    let over = (
        2 * SECOND..28 * SECOND,
        100 * MS..5 * SECOND,
        prop::bool::weighted(0.1),
    );
    (
        prop::collection::vec(stall, 0..5),
        prop::collection::vec(0..180 * MS, 1..50),
        prop::collection::vec(over, 1..6),
        prop::collection::vec(time(), 0..3),
    )
        .prop_map(|(stalls, jitter, overs, replays)| Story {
            stalls,
            jitter,
            overs,
            replays,
        })
}

#[derive(Debug, Clone)]
enum Message {
    State(Vec<u8>),
    Beat(Vec<u8>),
    Floor(Vec<u8>),
    Audio(Vec<u8>),
}

impl Story {
    /// Everything the hub sends, by its clock.
    fn sent(&self) -> Vec<(Micros, Message)> {
        let mut sent = Vec::new();
        let mut overs = self.overs.clone();
        overs.sort_unstable();
        let mut epochs: Vec<(Micros, u64)> = vec![(0, 1)];
        for (begin, _, is_new_hub) in &overs {
            if *is_new_hub {
                let next = epochs.len() as u64 + 1;
                epochs.push((begin - 1_500 * MS, next));
            }
        }
        for (at, epoch) in &epochs {
            let state = HubState {
                on: true,
                epoch: *epoch,
            };
            sent.push((*at, Message::State(state.encode())));
        }
        let epoch_at = |at: Micros| epochs.iter().rfind(|(from, _)| *from <= at).unwrap().1;
        for second in 0..32 {
            let at = second * SECOND;
            let beat = HeartbeatDown {
                epoch: epoch_at(at),
                sequence: second as u64,
                sent: at,
            };
            sent.push((at, Message::Beat(beat.encode())));
        }
        for (token, (begin, length, _)) in (1..).zip(&overs) {
            speak(&mut sent, token, *begin, *length, epoch_at(*begin));
        }
        sent.sort_by_key(|(at, _)| *at);
        sent
    }

    /// When each comes, by the bridge's clock: TCP keeps the order.
    fn arrivals(&self) -> Vec<(Micros, Message)> {
        let mut last = 0;
        let mut arrivals = Vec::new();
        let sent = self.sent();
        for (k, (at, message)) in sent.iter().enumerate() {
            let mut arrival = at + WAY + self.jitter[k % self.jitter.len()];
            for (from, length) in &self.stalls {
                if (*from..from + length).contains(&arrival) {
                    arrival = from + length;
                }
            }
            last = arrival.max(last);
            arrivals.push((last + SKEW, message.clone()));
        }
        for replay in &self.replays {
            let record: Vec<_> = arrivals
                .iter()
                .filter(|(at, _)| at - SKEW <= *replay)
                .map(|(_, message)| (replay + SKEW, message.clone()))
                .collect();
            arrivals.extend(record);
        }
        arrivals.sort_by_key(|(at, _)| *at);
        arrivals
    }
}

fn speak(sent: &mut Vec<(Micros, Message)>, token: u32, begin: Micros, length: Micros, epoch: u64) {
    let key = Key {
        token,
        priority: 64,
        epoch,
        sent: begin,
        codec: CODEC.into(),
        limit_ms: 0,
        source: Source::default(),
        origin: "".into(),
        hop: 0,
    };
    sent.push((begin, Message::Floor(FloorDown::Key(key).encode())));
    let frames = length / (20 * MS);
    for q in 0..frames {
        let at = begin + q * 20 * MS;
        // A frame's content is when it was spoken, and in which over.
        let content = [at.to_be_bytes().as_slice(), &token.to_be_bytes()].concat();
        let mut audio = Audio::new(token, q as u32, q as u64 * 960, &[&content]);
        audio.captured = (q % 50 == 0).then_some(at);
        sent.push((at, Message::Audio(audio.encode())));
    }
    let release = FloorDown::Release {
        token,
        last: u32::try_from(frames - 1).ok(),
    };
    sent.push((begin + length, Message::Floor(release.encode())));
}

/// Runs the story; every frame that was put on air, and how many grants were given.
fn tell(story: &Story) -> (Vec<Aired>, usize) {
    let mut fence = Fence::new(settings()).unwrap();
    let mut air = Air::default();
    let begin = SKEW - SECOND;
    air.note(begin, fence.configure(terms(), begin).unwrap());
    air.note(begin, fence.broker(true, begin));
    for (at, message) in story.arrivals() {
        while let Some(due) = fence.deadline().filter(|due| *due < at) {
            air.note(due, fence.tick(due));
        }
        air.note(
            at,
            match message {
                Message::State(payload) => fence.hub_state(&payload, at),
                Message::Beat(payload) => fence.heartbeat(&payload, false, at),
                Message::Floor(payload) => fence.floor(&payload, false, at),
                Message::Audio(payload) => fence.tx(&payload, false, at),
            },
        );
    }
    let end = SKEW + 60 * SECOND;
    while let Some(due) = fence.deadline().filter(|due| *due < end) {
        air.note(due, fence.tick(due));
    }
    assert!(!air.keyed, "keyed for ever");
    (air.played, air.grants.len())
}

#[derive(Debug, Clone, Copy)]
struct Aired {
    token: u32,
    spoken: Micros,
    at: Micros,
}

#[derive(Default)]
struct Air {
    keyed: bool,
    token: Option<u32>,
    grants: BTreeMap<u32, Micros>,
    played: Vec<Aired>,
}

impl Air {
    fn note(&mut self, now: Micros, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Ptt(on) => self.keyed = on,
                Action::Flush => {}
                Action::Publish(payload) => self.answer(now, &FloorUp::decode(&payload).unwrap()),
                Action::Play { frame, age } => {
                    assert!(self.keyed, "played without a keyed transmitter");
                    assert!(self.token.is_some(), "played without a grant");
                    assert!(age <= LATE);
                    let spoken = Micros::from_be_bytes(frame[..8].try_into().unwrap());
                    self.played.push(Aired {
                        token: u32::from_be_bytes(frame[8..12].try_into().unwrap()),
                        spoken,
                        at: now - SKEW,
                    });
                }
            }
        }
    }

    fn answer(&mut self, now: Micros, answer: &FloorUp) {
        match answer {
            FloorUp::Grant { token, .. } => {
                let first = *self.grants.entry(*token).or_insert(now);
                let again = first != now && self.token != Some(*token);
                assert!(!again, "token {token} was granted anew");
                self.token = Some(*token);
            }
            FloorUp::Revoke { .. } | FloorUp::Idle { .. } => self.token = None,
            FloorUp::Deny { .. } => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_stale_and_nothing_unasked_for_is_ever_played(story in story()) {
        let (played, _) = tell(&story);
        // Overs may overlap in these stories: the later one waits, though it was spoken meanwhile.
        let mut last = (0, Micros::MIN);
        for aired in played {
            // The base is never below the true way; jitter may hide below it at most itself.
            let late = aired.at - aired.spoken - WAY - 180 * MS;
            prop_assert!(late <= LATE + WAIT, "{aired:?}");
            prop_assert!((aired.token, aired.spoken) > last, "twice or out of order: {aired:?}");
            last = (aired.token, aired.spoken);
        }
    }
}

#[test]
fn a_quiet_way_loses_nothing() {
    let story = Story {
        stalls: vec![],
        jitter: vec![0, 30 * MS, 5 * MS, 55 * MS],
        overs: vec![
            (3 * SECOND, 4 * SECOND, false),
            (9 * SECOND, 2 * SECOND, false),
        ],
        replays: vec![],
    };
    let (played, grants) = tell(&story);
    assert_eq!((played.len(), grants), (300, 2));
}

#[test]
fn an_outage_of_two_seconds_across_overs_airs_nothing_stale() {
    let story = Story {
        stalls: vec![(6 * SECOND, 2 * SECOND)],
        jitter: vec![0],
        overs: vec![
            (3 * SECOND, 4 * SECOND, false),
            (7_500 * MS, 3 * SECOND, false),
        ],
        replays: vec![20 * SECOND],
    };
    let (played, grants) = tell(&story);
    assert_eq!(grants, 1, "the second key came half a second late");
    assert!(
        played
            .iter()
            .all(|aired| aired.at - aired.spoken < 300 * MS)
    );
    assert!(played.len() >= 145, "{}", played.len());
}
