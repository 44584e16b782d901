//! What a bridge sends up.

use radio::message::{Audio, Flags, HeartbeatDown, HeartbeatUp, Load};
use radio::uplink::{Stream, StreamSettings, Uplink};

fn stream(frames_per_message: usize) -> Stream {
    Stream::new(StreamSettings {
        stream: 0x5f3a_21c4,
        codec: "opus/48000/1".into(),
        frame_ms: 20,
        frames_per_message,
        flags: Flags::default(),
    })
    .unwrap()
}

#[test]
fn the_first_message_starts_the_stream_and_tells_the_clock() {
    let mut stream = stream(1);
    let first = stream.push(&[1], 1_000, Some(-87)).unwrap().unwrap();
    let first = Audio::decode(&first).unwrap();
    assert_eq!(
        (first.flags, first.captured, first.rssi),
        (Flags::START, Some(1_000), Some(-87))
    );
    let second = stream.push(&[2], 21_000, None).unwrap().unwrap();
    let second = Audio::decode(&second).unwrap();
    assert_eq!((second.flags, second.captured), (Flags::default(), None));
    assert_eq!((second.sequence, second.timestamp), (1, 960));
}

#[test]
fn the_clock_is_told_each_second() {
    let mut stream = stream(1);
    let mut told = Vec::new();
    for q in 0..110 {
        let message = stream.push(&[1], q * 20_000, None).unwrap().unwrap();
        told.extend(Audio::decode(&message).unwrap().captured);
    }
    assert_eq!(told, [0, 1_000_000, 2_000_000]);
}

#[test]
fn frames_are_gathered_and_the_rest_is_sent_at_the_end() {
    let mut stream = stream(3);
    let full: Vec<_> = (0..4)
        .filter_map(|k| stream.push(&[k], 0, None).unwrap())
        .collect();
    assert_eq!(full.len(), 1);
    let end = stream.end();
    let rest = Audio::decode(&end[0]).unwrap();
    assert_eq!((rest.frames(), rest.timestamp), (&[&[3_u8][..]][..], 2_880));
    let end = Audio::decode(&end[1]).unwrap();
    assert_eq!(
        (end.flags, end.sequence, end.timestamp),
        (Flags::END, 2, 3_840)
    );
}

#[test]
fn lost_frames_leave_a_mark_and_media_time_goes_on() {
    let mut stream = stream(1);
    stream.push(&[1], 0, None).unwrap();
    stream.skip(4);
    let after = stream.push(&[2], 100_000, None).unwrap().unwrap();
    let after = Audio::decode(&after).unwrap();
    assert_eq!(
        (after.flags, after.sequence, after.timestamp),
        (Flags::GAP, 1, 4_800)
    );
}

#[test]
fn a_heartbeat_echoes_the_last_probe() {
    let mut uplink = Uplink::new("7K3F9QXA").unwrap();
    let first = uplink.heartbeat(Load::default(), 0, 5);
    assert_eq!(HeartbeatUp::decode(&first).unwrap().echo, None);
    let probe = HeartbeatDown {
        epoch: 1,
        sequence: 9,
        sent: 77,
    };
    assert!(uplink.probe(&probe.encode(), 1_000));
    assert!(!uplink.probe(&[0xc0], 1_001));
    let second = uplink.heartbeat(Load::default(), 0, 2_000);
    let second = HeartbeatUp::decode(&second).unwrap();
    let echo = second.echo.unwrap();
    assert_eq!((echo.sequence, echo.sent, echo.received), (9, 77, 1_000));
    assert_eq!((second.sequence, second.sent), (1, 2_000));
}

#[test]
fn values_that_cannot_work_are_named() {
    assert!(Uplink::new("short").unwrap_err().0.starts_with("sid"));
    let mut stream = stream(1);
    assert!(stream.push(&[0; 2_048], 0, None).is_err());
    assert!(stream.push(&[], 0, None).is_err());
}
