//! Two cores that talk through a network that loses, doubles and swaps, on committed seeds.

use crate::rig::SDP;
use sip::{
    Call, Command, Config, Core, End, Event, Flow, Input, LegId, LinkId, Output, Random, Transport,
};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// A network of two hubs: index 0 calls, index 1 answers.
struct Pair {
    cores: [Core; 2],
    now: Duration,
    air: BTreeMap<(Duration, u64), (usize, Vec<u8>)>,
    random: Random,
    loss_percent: u64,
    serial: u64,
    events: [Vec<Event>; 2],
}

fn address(index: usize) -> SocketAddr {
    format!("192.0.2.{}:5060", index + 1).parse().unwrap()
}

fn flow_to(index: usize) -> Flow {
    Flow {
        link: LinkId(1),
        remote: address(index),
    }
}

impl Pair {
    fn new(seed: u64, loss_percent: u64) -> Self {
        let core = |n| Core::new(Config::default(), Random::from_number(seed * 2 + n));
        let mut pair = Self {
            cores: [core(0), core(1)],
            now: Duration::from_secs(1),
            air: BTreeMap::new(),
            random: Random::from_number(seed),
            loss_percent,
            serial: 0,
            events: [vec![], vec![]],
        };
        for index in 0..2 {
            pair.input(
                index,
                Input::LinkOpened {
                    link: LinkId(1),
                    transport: Transport::Udp,
                    local: address(index),
                },
            );
            let trust = Command::SetTrusted {
                source: address(1 - index).ip(),
                trusted: true,
            };
            pair.input(index, Input::Command(trust));
        }
        pair
    }

    fn input(&mut self, index: usize, input: Input<'_>) {
        self.cores[index].handle(input, self.now);
        loop {
            match self.cores[index].poll_output() {
                Output::Send { bytes, .. } => self.send(1 - index, &bytes),
                Output::Event(event) => {
                    self.decide(index, &event);
                    self.events[index].push(event);
                }
                Output::CloseFlow(_) => {}
                Output::Timeout(_) => return,
            }
        }
    }

    /// Puts a datagram on the air: lost, once or twice, 1 to 300 ms later.
    fn send(&mut self, to: usize, bytes: &[u8]) {
        let copies = match self.random.below(100) {
            n if n < self.loss_percent => 0,
            n if n < self.loss_percent + 10 => 2,
            _ => 1,
        };
        for _ in 0..copies {
            let at = self.now + Duration::from_millis(1 + self.random.below(300));
            self.serial += 1;
            self.air.insert((at, self.serial), (to, bytes.to_vec()));
        }
    }

    /// The hub of each side: takes calls and offers.
    fn decide(&mut self, index: usize, event: &Event) {
        let command = match event {
            Event::Incoming(call) => Command::Answer {
                leg: call.leg,
                sdp: SDP.into(),
            },
            Event::Offered { leg, request, .. } => Command::AcceptOffer {
                leg: *leg,
                request: *request,
                sdp: SDP.into(),
            },
            _ => return,
        };
        self.cores[index].handle(Input::Command(command), self.now);
    }

    fn run(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        loop {
            let arrives = self.air.keys().next().map(|(at, _)| *at);
            let due = self.cores.iter().filter_map(Core::next_deadline).min();
            let Some(next) = [arrives, due]
                .into_iter()
                .flatten()
                .min()
                .filter(|at| *at <= end)
            else {
                break;
            };
            self.now = self.now.max(next);
            while let Some(entry) = self.air.first_entry().filter(|e| e.key().0 <= self.now) {
                let (to, bytes) = entry.remove();
                self.input(
                    to,
                    Input::Bytes {
                        flow: flow_to(1 - to),
                        bytes: &bytes,
                    },
                );
            }
            (0..2).for_each(|index| self.input(index, Input::Timeout));
        }
        self.now = end;
    }

    fn call(&mut self, leg: u64) {
        let call = Call {
            leg: LegId(leg),
            flow: flow_to(1),
            target: "sip:room@192.0.2.2".into(),
            from: "sip:ops@192.0.2.1".into(),
            name: "".into(),
            route: vec![],
            sdp: Some(SDP.into()),
            account: None,
            ring_limit_ms: 0,
        };
        self.input(0, Input::Command(Command::Call(Box::new(call))));
    }

    /// Nothing is left of any call on either side.
    fn assert_clean(&self, seed: u64) {
        for core in &self.cores {
            let counts = core.counts();
            assert_eq!(
                (counts.legs, counts.transactions, counts.waits),
                (0, 0, 0),
                "seed {seed}"
            );
        }
    }
}

#[test]
fn calls_survive_a_bad_network_and_leave_nothing_behind() {
    for seed in 0..60 {
        let mut pair = Pair::new(seed, 20);
        pair.call(1);
        pair.run(40);
        let answered = pair.events[0]
            .iter()
            .any(|e| matches!(e, Event::Answered { .. }));
        let established = pair.events[1]
            .iter()
            .any(|e| matches!(e, Event::Established { .. }));
        assert!(answered && established, "seed {seed}: {:?}", pair.events);
        pair.input(
            0,
            Input::Command(Command::Offer {
                leg: LegId(1),
                sdp: Some(SDP.into()),
            }),
        );
        pair.run(40);
        assert!(
            pair.events[0]
                .iter()
                .any(|e| matches!(e, Event::OfferAnswered { .. })),
            "seed {seed}"
        );
        pair.input(0, Input::Command(Command::Hangup { leg: LegId(1) }));
        pair.run(200);
        assert!(
            pair.events[1].iter().any(|e| matches!(
                e,
                Event::Ended {
                    why: End::RemoteHangup,
                    ..
                }
            )),
            "seed {seed}"
        );
        pair.assert_clean(seed);
    }
}

#[test]
fn offers_from_both_sides_at_once_are_both_done_in_the_end() {
    for seed in 0..30 {
        let mut pair = Pair::new(seed, 0);
        pair.call(1);
        pair.run(5);
        let Some(Event::Incoming(call)) = pair.events[1].first() else {
            panic!("no call")
        };
        let other = call.leg;
        pair.input(
            0,
            Input::Command(Command::Offer {
                leg: LegId(1),
                sdp: Some(SDP.into()),
            }),
        );
        pair.input(
            1,
            Input::Command(Command::Offer {
                leg: other,
                sdp: Some(SDP.into()),
            }),
        );
        pair.run(30);
        for events in &pair.events {
            assert!(
                events
                    .iter()
                    .any(|e| matches!(e, Event::OfferAnswered { .. })),
                "seed {seed}: {events:?}"
            );
        }
    }
}

#[test]
fn a_dead_network_ends_every_call_and_every_timer() {
    for seed in 0..20 {
        let mut pair = Pair::new(seed, 0);
        (0..5).for_each(|n| pair.call(n * 2 + 1));
        pair.run(seed % 5);
        pair.loss_percent = 100;
        for leg in (1..10).step_by(2) {
            pair.input(0, Input::Command(Command::Hangup { leg: LegId(leg) }));
        }
        pair.run(4_000);
        pair.assert_clean(seed);
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let mut pair = Pair::new(seed, 30);
        pair.call(1);
        pair.run(60);
        (format!("{:?}", pair.events), pair.serial)
    };
    assert_eq!(run(3), run(3));
}
