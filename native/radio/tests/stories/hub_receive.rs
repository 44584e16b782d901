//! What the radio hears, on its way to the leg.

use radio::hub::{Bounds, Event, Hub, Output, Topic, is_name};
use radio::message::{Audio, Echo, Flags, HeartbeatUp, Load};
use radio::{MS, Micros};

use crate::desk::{CHANNEL, Desk, OFFSET};

/// Opus: one frame of 20 ms.
const FRAME: &[u8] = &[0x78, 1, 2];

fn speech(stream: u32, q: u32) -> Audio<'static> {
    let mut audio = Audio::new(stream, q, u64::from(q) * 960, &[FRAME]);
    audio.flags = Flags::default().with(Flags::START, q == 0);
    audio
}

fn end(stream: u32, q: u32) -> Audio<'static> {
    let mut audio = Audio::new(stream, q, u64::from(q) * 960, &[]);
    audio.flags = Flags::END;
    audio
}

fn receive(desk: &mut Desk, stream: u32, from: u32, to: u32) {
    for q in from..to {
        desk.receive(&speech(stream, q));
        desk.run(20);
    }
}

fn rx_end(frames: u64, missing: u64, late: u64) -> Event {
    Event::RxEnd {
        channel: CHANNEL,
        stream: 5,
        frames,
        missing,
        late,
    }
}

#[test]
fn a_stream_is_held_until_it_may_be_heard_and_heard_from_its_first_frame() {
    let mut desk = Desk::new();
    receive(&mut desk, 5, 0, 10);
    assert_eq!(desk.sounds(), []);
    desk.hub.hear(CHANNEL, 5, desk.now);
    desk.collect();
    receive(&mut desk, 5, 10, 20);
    for _ in 0..3 {
        desk.receive(&end(5, 20));
        desk.run(20);
    }
    let sounds = desk.sounds();
    let heard: Vec<_> = sounds
        .iter()
        .map(|(_, sound)| sound.timestamp / 960)
        .collect();
    assert_eq!(heard, (0..20).collect::<Vec<_>>());
    let markers = sounds.iter().map(|(_, sound)| sound.marker);
    assert_eq!(markers.filter(|marker| *marker).count(), 1);
    assert!(sounds[0].1.marker && sounds[0].1.payload == FRAME);
    for window in sounds.windows(4) {
        assert!(window[3].0 - window[0].0 >= 20 * MS, "at most 3 a 20 ms");
    }
    let start = Event::RxStart {
        channel: CHANNEL,
        stream: 5,
        emergency: false,
        encrypted: false,
        rssi: None,
    };
    assert_eq!(desk.events(), [start, rx_end(20, 0, 0)]);
}

#[test]
fn a_stream_that_nobody_decides_on_keeps_its_last_half_second() {
    let mut desk = Desk::new();
    receive(&mut desk, 5, 0, 50);
    desk.hub.hear(CHANNEL, 5, desk.now);
    desk.run(300);
    let first = desk.sounds()[0].1.timestamp / 960;
    assert_eq!(first, 25);
}

#[test]
fn a_dropped_stream_is_not_heard_and_its_end_is_told() {
    let mut desk = Desk::new();
    receive(&mut desk, 5, 0, 5);
    desk.hub.drop_stream(CHANNEL, 5, desk.now);
    receive(&mut desk, 5, 5, 10);
    desk.receive(&end(5, 10));
    assert_eq!(desk.sounds(), []);
    assert_eq!(desk.events()[1], rx_end(10, 0, 0));
}

#[test]
fn what_the_radio_begins_to_encrypt_is_not_heard() {
    let mut desk = Desk::new();
    receive(&mut desk, 5, 0, 5);
    desk.hub.hear(CHANNEL, 5, desk.now);
    desk.run(60);
    for q in 5..10 {
        let mut opaque = speech(5, q);
        opaque.flags = opaque.flags.with(Flags::ENCRYPTED, true);
        desk.receive(&opaque);
        desk.run(20);
    }
    receive(&mut desk, 5, 10, 12);
    let heard: Vec<_> = desk
        .sounds()
        .iter()
        .map(|(_, sound)| sound.timestamp / 960)
        .collect();
    assert_eq!(heard, [0, 1, 2, 3, 4, 10, 11]);
    assert_eq!(desk.hub.counts().unheard, 5);
}

#[test]
fn silence_ends_a_stream() {
    let mut desk = Desk::new();
    receive(&mut desk, 5, 0, 5);
    desk.hub.hear(CHANNEL, 5, desk.now);
    desk.run(230);
    assert_eq!(desk.events().len(), 1);
    desk.run(20);
    assert_eq!(desk.events()[1], rx_end(5, 0, 0));
}

#[test]
fn missing_and_repeated_messages_are_counted() {
    let mut desk = Desk::new();
    receive(&mut desk, 5, 0, 3);
    receive(&mut desk, 5, 1, 3);
    receive(&mut desk, 5, 6, 8);
    desk.hub.hear(CHANNEL, 5, desk.now);
    desk.receive(&end(5, 8));
    desk.run(100);
    assert_eq!(desk.events()[1], rx_end(5, 3, 0));
    assert_eq!(desk.hub.counts().repeated, 2);
    let sequences: Vec<_> = desk
        .sounds()
        .iter()
        .map(|(_, sound)| sound.sequence)
        .collect();
    assert_eq!(sequences, [0, 1, 2, 6, 7]);
}

#[test]
fn what_is_older_than_a_second_is_dropped() {
    let mut desk = Desk::new();
    let mut old = speech(5, 0);
    old.captured = Some(desk.now + OFFSET - 1_100 * MS);
    desk.receive(&old);
    desk.hub.hear(CHANNEL, 5, desk.now);
    let mut fresh = speech(5, 60);
    fresh.captured = Some(desk.now + OFFSET - 100 * MS);
    desk.receive(&fresh);
    desk.receive(&end(5, 61));
    desk.run(100);
    assert_eq!(desk.sounds().len(), 1);
    assert_eq!(desk.events()[1], rx_end(2, 59, 1));
}

#[test]
fn what_the_source_encrypted_is_told_and_not_heard() {
    let mut desk = Desk::new();
    let mut opaque = speech(5, 0);
    opaque.flags = Flags(Flags::START.0 | Flags::ENCRYPTED.0);
    desk.receive(&opaque);
    desk.hub.hear(CHANNEL, 5, desk.now);
    desk.run(100);
    assert!(matches!(
        desk.events()[0],
        Event::RxStart {
            encrypted: true,
            ..
        }
    ));
    assert_eq!(desk.sounds(), []);
}

#[test]
fn an_emergency_says_so_at_its_start() {
    let mut desk = Desk::new();
    let mut audio = speech(5, 0);
    audio.flags = Flags::EMERGENCY;
    audio.rssi = Some(-87);
    desk.receive(&audio);
    let start = matches!(
        desk.events()[0],
        Event::RxStart {
            emergency: true,
            rssi: Some(-87),
            ..
        }
    );
    assert!(start);
}

#[test]
fn g711_of_60_ms_becomes_three_packets() {
    let now = 0;
    let mut hub = Hub::new(1, Bounds::default(), now);
    assert!(hub.open(1, "hill", "vhf1", "pcmu/8000/1"));
    assert!(hub.expect("hill", "7K3F9QXA", now));
    let beat = HeartbeatUp {
        session: "7K3F9QXA",
        sequence: 0,
        sent: 0,
        wall_ms: 0,
        echo: None,
        load: Load::default(),
    };
    hub.message(
        &Topic::Heartbeat { bridge: "hill" },
        &beat.encode(),
        false,
        now,
    );
    let block = [0xff; 480];
    let topic = Topic::Received {
        bridge: "hill",
        channel: "vhf1",
    };
    hub.message(&topic, &Audio::new(5, 0, 0, &[&block]).encode(), false, now);
    hub.hear(1, 5, now);
    let mut packets = Vec::new();
    while let Some(output) = hub.poll() {
        if let radio::hub::Output::Sound(sound) = output {
            packets.push((sound.timestamp, sound.payload.len()));
        }
    }
    assert_eq!(packets, [(0, 160), (160, 160), (320, 160)]);
}

#[test]
fn a_bridge_cannot_start_streams_without_bound() {
    let mut desk = Desk::new();
    for stream in 1..=50 {
        desk.receive(&speech(stream, 0));
    }
    desk.run(1_100);
    let starts = desk
        .events()
        .iter()
        .filter(|event| matches!(event, Event::RxStart { .. }))
        .count();
    assert_eq!(starts, 4);
    let bad = Event::Bad {
        bridge: "hill".into(),
        kind: "streams",
        count: 46,
    };
    assert!(desk.events().contains(&bad));
}

#[test]
fn malformed_messages_are_told_once_a_second() {
    let mut desk = Desk::new();
    let topic = Topic::Received {
        bridge: "hill",
        channel: "vhf1",
    };
    for _ in 0..10 {
        desk.hub.message(&topic, &[0xc1], false, desk.now);
    }
    desk.run(1_500);
    assert_eq!(desk.events(), [], "ten a second are forgiven");
    for _ in 0..30 {
        desk.hub.message(&topic, &[0xc1], false, desk.now);
    }
    desk.run(1_500);
    let bad = Event::Bad {
        bridge: "hill".into(),
        kind: "not_msgpack",
        count: 30,
    };
    assert_eq!(desk.events(), [bad]);
}

#[test]
fn another_session_is_not_listened_to() {
    let mut desk = Desk::new();
    assert!(desk.hub.expect("hill", "ANOTHER1", desk.now));
    desk.answers = None;
    receive(&mut desk, 5, 0, 3);
    assert_eq!(desk.events(), []);
    assert!(desk.hub.counts().unexpected >= 3);
}

#[test]
fn retained_audio_is_dropped() {
    let mut desk = Desk::new();
    let topic = Topic::Received {
        bridge: "hill",
        channel: "vhf1",
    };
    desk.hub
        .message(&topic, &speech(5, 0).encode(), true, desk.now);
    desk.collect();
    assert_eq!(desk.events(), []);
    assert_eq!(desk.hub.counts().retained, 1);
}

#[test]
fn the_way_to_a_bridge_is_measured_by_the_echo() {
    let mut desk = Desk::new();
    desk.run(2_000);
    let way = desk.log.iter().rev().find_map(|(_, output)| match output {
        radio::hub::Output::Event(Event::Heartbeat { way, .. }) => *way,
        _ => None,
    });
    let (round_trip, offset): (Micros, Micros) = way.unwrap();
    assert_eq!(round_trip, 40 * MS);
    assert!((offset - OFFSET).abs() <= 20 * MS);
}

#[test]
fn topics_are_read_by_the_rules_of_names() {
    let heartbeat = Topic::Heartbeat { bridge: "hill-2" };
    assert_eq!(Topic::parse("rb", "rb/1/hill-2/up/hb"), Some(heartbeat));
    let floor = Topic::Floor {
        bridge: "hill",
        channel: "vhf1",
    };
    assert_eq!(
        Topic::parse("a/b", "a/b/1/hill/up/ch/vhf1/floor"),
        Some(floor)
    );
    for topic in [
        "rb/2/hill/up/hb",
        "rb/1/Hill/up/hb",
        "rb/1//up/hb",
        "rb/1/hill/up/ch/vhf1/rx/more",
        "rb/1/hill/up/ch/VHF/rx",
        "rb/1/hill/dn/hb",
        "xrb/1/hill/up/hb",
        "rb",
    ] {
        assert_eq!(Topic::parse("rb", topic), None, "{topic}");
    }
    assert!(!is_name(&"a".repeat(33)));
}

#[test]
fn the_echo_of_another_hubs_probe_is_no_measure_and_no_fault() {
    let mut desk = Desk::unlinked();
    desk.answers = None;
    desk.hub.link(true, desk.now);
    assert!(desk.hub.expect("hill", "7K3F9QXA", desk.now));
    let beat = HeartbeatUp {
        session: "7K3F9QXA",
        sequence: 0,
        sent: desk.now + OFFSET,
        wall_ms: 0,
        echo: Some(Echo {
            sequence: 5_000,
            sent: desk.now - 10 * MS,
            received: desk.now + OFFSET,
        }),
        load: Load::default(),
    };
    let topic = Topic::Heartbeat { bridge: "hill" };
    desk.hub.message(&topic, &beat.encode(), false, desk.now);
    desk.collect();
    let heartbeat = Event::Heartbeat {
        bridge: "hill".into(),
        way: None,
        load: Load::default(),
    };
    assert!(
        desk.log
            .contains(&(desk.now, radio::hub::Output::Event(heartbeat)))
    );
    assert_eq!(desk.hub.counts().bad, 0);
}

#[test]
fn a_flood_of_heartbeats_is_told_twice_a_second() {
    let mut desk = Desk::new();
    desk.answers = None;
    for sequence in 100..600 {
        let beat = HeartbeatUp {
            session: "7K3F9QXA",
            sequence,
            sent: desk.now + OFFSET,
            wall_ms: 0,
            echo: None,
            load: Load::default(),
        };
        let topic = Topic::Heartbeat { bridge: "hill" };
        desk.hub.message(&topic, &beat.encode(), false, desk.now);
        desk.run(10);
    }
    let told =
        |(_, output): &&(Micros, Output)| matches!(output, Output::Event(Event::Heartbeat { .. }));
    assert_eq!(desk.log.iter().filter(told).count(), 10);
}
