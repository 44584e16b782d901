//! Pictures of a caller and for a caller, by both paths of media.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod call;

use std::time::Duration;

use call::{Call, PICTURE, accept};
use engine::video::{VideoCodec, VideoKind, VideoPacket};
use peer::client::{self, Client, Offering, Pictures};
use peer::demux::{Kind, classify};
use peer::{Event, Identity, MediaPath, Session, Written};

const PATHS: [MediaPath; 2] = [MediaPath::Str0m, MediaPath::Veil];
const ALL: Pictures = Pictures {
    camera: 3,
    screen: true,
    slots: 2,
};

fn shown(call: &Call) -> Vec<&VideoPacket> {
    let packets = call.told.iter().filter_map(|event| match event {
        Event::Video(packet) => Some(packet),
        _ => None,
    });
    packets.collect()
}

#[test]
fn each_packet_comes_as_of_its_picture_and_layer_also_when_it_no_longer_names_it() {
    for media in PATHS {
        let mut call = Call::new(media, ALL);
        // Longer than until the first receiver report, which ends the naming.
        for seq in 1..200 {
            for layer in 0..3 {
                call.show(VideoKind::Camera, layer, seq);
            }
            call.show(VideoKind::Screen, 0, seq);
            call.run(20);
        }
        call.run(100);
        let shown = shown(&call);
        for layer in 0..3 {
            let of_layer = shown
                .iter()
                .filter(|packet| packet.kind == VideoKind::Camera && packet.layer == layer);
            let seqs: Vec<u64> = of_layer
                .inspect(|packet| assert_eq!(packet.payload[2], layer))
                .map(|packet| packet.seq)
                .collect();
            assert_eq!(
                seqs,
                (1..200).collect::<Vec<_>>(),
                "{media:?} layer {layer}"
            );
        }
        let screen = shown
            .iter()
            .filter(|packet| packet.kind == VideoKind::Screen);
        assert_eq!(screen.count(), 199);
        assert!(
            shown
                .iter()
                .all(|packet| packet.codec == VideoCodec::Vp8 && packet.marker)
        );
    }
}

#[test]
fn a_layer_that_was_not_offered_is_nobodys() {
    for media in PATHS {
        let mut call = Call::with_offer(media, ALL, |offer| {
            offer
                .replace("a=rid:m send\r\n", "")
                .replace("a=simulcast:send l;m;h", "a=simulcast:send l;h")
        });
        for seq in 1..50 {
            for layer in 0..3 {
                call.show(VideoKind::Camera, layer, seq);
            }
            call.run(20);
        }
        let shown = shown(&call);
        assert!(shown.len() >= 49, "{media:?}: {}", shown.len());
        for packet in shown {
            let sent_as = [0, 2][usize::from(packet.layer)];
            assert_eq!(packet.payload[2], sent_as, "{media:?}");
        }
    }
}

#[test]
fn what_is_written_to_a_slot_arrives_there_and_names_its_picture() {
    for media in PATHS {
        let mut call = Call::new(media, ALL);
        for seq in 1..50 {
            assert_eq!(call.write(1, seq, 900), Written::Waits);
            call.run(20);
        }
        let seen: Vec<_> = call
            .seen
            .iter()
            .filter_map(|event| match event {
                client::Event::Seen(seen) => Some(seen),
                _ => None,
            })
            .collect();
        let seqs: Vec<u64> = seen.iter().map(|seen| seen.seq).collect();
        assert_eq!(seqs, (1..50).collect::<Vec<_>>(), "{media:?}");
        for seen in seen {
            assert_eq!((seen.slot, seen.number), (1, PICTURE.number()));
            assert_eq!(seen.payload, [seen.seq as u8; 900]);
            assert_eq!(seen.timestamp, 3_000 * seen.seq as u32);
        }
        assert_eq!(
            call.write(2, 1, 900),
            Written::Not,
            "a slot that was not offered"
        );
        assert_eq!(
            call.write(0, 1, 1_401),
            Written::Not,
            "a packet that is too long"
        );
    }
}

#[test]
fn a_packet_that_is_lost_on_the_way_down_is_sent_again() {
    for media in PATHS {
        let mut call = Call::new(media, ALL);
        let mut media_sent = 0;
        call.passes = Box::new(move |datagram| {
            media_sent += u32::from(
                matches!(classify(&datagram.bytes), Some(Kind::Rtp(_)))
                    && datagram.bytes.len() > 900,
            );
            media_sent % 10 != 9
        });
        for seq in 1..200 {
            call.write(0, seq, 900);
            call.run(20);
        }
        call.run(500);
        let mut seqs = call.seqs();
        assert!(!seqs.is_sorted(), "nothing was lost");
        seqs.sort_unstable();
        assert_eq!(seqs, (1..200).collect::<Vec<_>>(), "{media:?}");
    }
}

#[test]
fn keyframes_are_asked_of_the_layer_and_by_the_slot() {
    for media in PATHS {
        let mut call = Call::new(media, ALL);
        assert!(
            !call.session.request_keyframe(VideoKind::Camera, 1),
            "nothing has come yet"
        );
        for layer in 0..3 {
            call.show(VideoKind::Camera, layer, 1);
        }
        call.run(20);
        assert!(call.session.request_keyframe(VideoKind::Camera, 1));
        call.flush();
        call.until(|call| {
            call.seen
                .iter()
                .any(|event| matches!(event, client::Event::KeyframeAsked(..)))
        });
        let asked = call.seen.iter().filter_map(|event| match event {
            client::Event::KeyframeAsked(kind, layer) => Some((*kind, *layer)),
            _ => None,
        });
        assert_eq!(asked.collect::<Vec<_>>(), [(VideoKind::Camera, 1)]);
        call.write(1, 1, 100);
        call.run(20);
        assert!(call.caller.ask_keyframe(1));
        call.flush();
        call.until(|call| {
            call.told
                .iter()
                .any(|event| matches!(event, Event::VideoKeyframe { slot: 1 }))
        });
    }
}

#[test]
fn the_link_is_estimated_while_pictures_flow_and_more_when_more_is_wanted() {
    for media in PATHS {
        let mut call = Call::new(media, ALL);
        call.session.set_desired(3_000_000);
        for seq in 1..1_500 {
            call.write(0, seq, 1_000);
            call.run(10);
        }
        let estimate = call.told.iter().rev().find_map(|event| match event {
            Event::Downlink(bits_per_s) => Some(*bits_per_s),
            _ => None,
        });
        assert!(estimate.unwrap() > 1_500_000, "{media:?}: {estimate:?}");
    }
}

#[test]
fn sound_carries_nothing_of_the_estimate() {
    let call = Call::new(MediaPath::Str0m, ALL);
    let (sound, video) = call.answer.split_at(call.answer.find("m=video").unwrap());
    assert!(!sound.contains("transport"), "{sound}");
    assert!(
        video.contains("transport-wide-cc") && video.contains("nack pli"),
        "{video}"
    );
    assert!(
        video.contains("ccm fir") && !video.contains("goog-remb"),
        "{video}"
    );
    assert!(video.contains("a=simulcast:recv l;m;h"), "{video}");
}

#[test]
fn frames_of_many_packets_leave_as_the_link_takes_them_and_all_arrive() {
    let mut call = Call::new(MediaPath::Str0m, ALL);
    let mut seq = 0;
    for _ in 0..20 {
        for _ in 0..30 {
            seq += 1;
            call.write(0, seq, 1_000);
        }
        call.run(300);
    }
    call.run(3_000);
    let mut seqs = call.seqs();
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=seq).collect::<Vec<_>>());
}

#[test]
fn a_storm_of_asks_for_keyframes_is_told_once_a_report() {
    let mut call = Call::new(MediaPath::Veil, ALL);
    call.write(0, 1, 100);
    call.run(20);
    for _ in 0..1_000 {
        call.caller.ask_keyframe(0);
    }
    call.flush();
    call.run(20);
    let asks = call
        .told
        .iter()
        .filter(|event| matches!(event, Event::VideoKeyframe { .. }));
    assert_eq!(asks.count(), 1);
}

#[test]
fn an_ice_restart_with_other_lines_of_video_is_refused_and_one_with_the_same_goes_on() {
    let now = Call::new(MediaPath::Str0m, Pictures::NONE).now;
    let identity = Identity::generate().unwrap();
    let offer = |video| {
        let offering = Offering {
            publishes: true,
            audio_slots: 1,
            data: false,
            video,
        };
        Client::offer(offering, ([198, 51, 100, 1], 6_000).into(), &identity, now)
            .unwrap()
            .1
    };
    let first = offer(ALL);
    let (mut session, _) = Session::accept(&accept(&first), &identity, now).unwrap();
    let line = first.find("m=video").unwrap();
    let refusal = session.restart(&first[..line]).unwrap_err().0;
    assert!(refusal.contains("other lines"), "{refusal}");
    let ufrag = session.ufrag().to_owned();
    session
        .restart(&first.replace("a=ice-ufrag:", "a=ice-ufrag:x"))
        .unwrap();
    assert_ne!(session.ufrag(), ufrag);
    session.timeout(now + Duration::from_millis(1));
}
