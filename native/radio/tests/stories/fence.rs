//! What may key a transmitter, and what keeps it keyed: the invariants of the contract, one by one.

use radio::fence::{Action, Settings, Terms};
use radio::message::{Audio, FloorDown, FloorUp, HeartbeatDown, HubState};
use radio::{MS, SECOND};

use crate::rig::{Rig, settings, terms};

#[test]
fn the_first_thing_ever_said_is_unkey() {
    let mut rig = Rig::silent(settings());
    assert_eq!(rig.fence.tick(0), [Action::Ptt(false)]);
}

#[test]
fn nothing_keys_before_the_hub_allows_it() {
    let mut rig = Rig::with(settings(), Terms::OFF);
    rig.key(7);
    assert_eq!(rig.why(), "auth");
    assert!(!rig.ptt());
}

#[test]
fn audio_never_keys() {
    let mut rig = Rig::new();
    rig.speak(7, 0, 100);
    assert!(!rig.ptt());
    assert_eq!(rig.played(), []);
}

#[test]
fn a_key_is_granted_and_speech_is_played_from_its_first_frame() {
    let mut rig = Rig::new();
    rig.key(7);
    let granted = matches!(
        rig.last_answer(),
        FloorUp::Grant {
            token: 7,
            limit_ms: 60_000,
            ..
        }
    );
    assert!(granted && rig.ptt());
    rig.speak(7, 0, 50);
    rig.send(&Rig::end(7, 50));
    rig.run(500);
    assert_eq!(rig.played(), (0..50).collect::<Vec<u8>>());
    assert!(!rig.ptt());
    let idle = FloorUp::Idle {
        token: 7,
        air_ms: 1_060,
        frames: 50,
        late: 0,
        gaps: 0,
    };
    assert_eq!(rig.last_answer(), idle);
}

#[test]
fn no_trusted_clock_no_key() {
    let mut rig = Rig::silent(settings());
    let actions = rig.fence.configure(terms(), rig.now).unwrap();
    rig.note(actions);
    rig.connect();
    rig.beat();
    rig.run(400);
    rig.key(7);
    assert_eq!(rig.why(), "stale");
}

#[test]
fn a_late_key_is_stale() {
    let mut rig = Rig::new();
    let key = rig.a_key(7);
    rig.run(260);
    rig.give_key(key);
    assert_eq!(rig.why(), "stale");
    assert!(!rig.ptt());
}

#[test]
fn a_key_of_an_older_epoch_is_refused() {
    let mut rig = Rig::new();
    let mut key = rig.a_key(7);
    key.epoch = 11;
    rig.give_key(key);
    assert_eq!(rig.why(), "epoch");
}

#[test]
fn a_newer_hub_unkeys_what_the_older_had_keyed() {
    let mut rig = Rig::new();
    rig.key(7);
    rig.speak(7, 0, 10);
    rig.epoch = 13;
    rig.hub_state(true);
    assert!(!rig.ptt());
    assert_eq!(rig.why(), "epoch");
    rig.key(8);
    assert_eq!(rig.why(), "stale", "the new hub's clock is not known yet");
    rig.run(2_500);
    rig.key(9);
    assert!(rig.ptt());
}

#[test]
fn an_older_hub_is_not_heard() {
    let mut rig = Rig::new();
    rig.key(7);
    let old = HubState {
        on: false,
        epoch: 11,
    };
    let actions = rig.fence.hub_state(&old.encode(), rig.now);
    assert_eq!(actions, []);
    let beat = HeartbeatDown {
        epoch: 11,
        sequence: 0,
        sent: rig.hub(),
    };
    rig.beats = false;
    for _ in 0..4 {
        let actions = rig.fence.heartbeat(&beat.encode(), false, rig.now);
        rig.note(actions);
        rig.speak(7, 0, 0);
        rig.run(1_000);
    }
    assert!(!rig.ptt());
}

#[test]
fn a_key_for_another_codec_is_refused() {
    let mut rig = Rig::new();
    let mut key = rig.a_key(7);
    key.codec = "pcmu/8000/1".into();
    rig.give_key(key);
    assert_eq!(rig.why(), "codec");
}

#[test]
fn a_key_delivered_twice_is_granted_twice_and_keys_once() {
    let mut rig = Rig::new();
    let key = rig.a_key(7);
    rig.give_key(key.clone());
    rig.give_key(key);
    assert_eq!(rig.answers().len(), 2);
    let keyed = |(_, action): &&(i64, Action)| *action == Action::Ptt(true);
    assert_eq!(rig.log.iter().filter(keyed).count(), 1);
}

#[test]
fn a_token_that_is_over_never_keys_again() {
    let mut rig = Rig::new();
    let key = rig.a_key(7);
    rig.give_key(key.clone());
    rig.floor(&FloorDown::Abort { token: 7 });
    assert!(!rig.ptt());
    rig.give_key(key);
    assert_eq!(rig.why(), "stale");
    assert!(!rig.ptt());
}

#[test]
fn a_key_overtaken_by_its_abort_does_not_key() {
    let mut rig = Rig::new();
    rig.floor(&FloorDown::Abort { token: 7 });
    rig.key(7);
    assert!(!rig.ptt());
}

#[test]
fn every_abort_is_answered() {
    let mut rig = Rig::new();
    let never_on_air = FloorUp::Idle {
        token: 7,
        air_ms: 0,
        frames: 0,
        late: 0,
        gaps: 0,
    };
    rig.floor(&FloorDown::Abort { token: 7 });
    assert_eq!(rig.last_answer(), never_on_air);
    rig.key(8);
    rig.speak(8, 0, 10);
    rig.run(1_000);
    assert_eq!(rig.why(), "wd");
    // The hub did not hear that, and asks until it hears something.
    for answers in [3, 4] {
        rig.floor(&FloorDown::Abort { token: 8 });
        assert!(matches!(rig.last_answer(), FloorUp::Idle { token: 8, .. }));
        assert_eq!(rig.answers().len(), answers + 1);
    }
}

#[test]
fn retained_messages_are_dropped() {
    let mut rig = Rig::new();
    let key = FloorDown::Key(rig.a_key(7)).encode();
    let actions = rig.fence.floor(&key, true, rig.now);
    assert_eq!(actions, []);
    rig.key(8);
    let frame = Rig::frame(8, 0, rig.hub());
    let actions = rig.fence.tx(&frame, true, rig.now);
    assert_eq!(actions, []);
    rig.run(200);
    assert_eq!(rig.played(), []);
    assert_eq!(rig.fence.counts().retained, 2);
}

#[test]
fn without_frames_the_watchdog_unkeys_after_300_ms() {
    let mut rig = Rig::new();
    rig.key(7);
    rig.speak(7, 0, 10);
    let last = rig.now - 20 * MS;
    rig.run(1_000);
    assert!(!rig.ptt());
    assert_eq!(rig.switched(), last + 300 * MS);
    assert_eq!(rig.why(), "wd");
    rig.speak(7, 10, 50);
    assert!(!rig.ptt(), "only a new key arms again");
    assert_eq!(rig.played().len(), 10);
}

#[test]
fn keepalives_without_frames_feed_the_watchdog() {
    let mut rig = Rig::new();
    rig.key(7);
    for q in 0..20 {
        let mut audio = Audio::new(7, q, u64::from(q) * 4_800, &[]);
        audio.captured = Some(rig.hub());
        rig.send(&audio.encode());
        rig.run(100);
    }
    assert!(rig.ptt());
    assert_eq!(rig.played(), []);
}

#[test]
fn late_frames_are_not_played_and_do_not_feed_the_watchdog() {
    let mut rig = Rig::new();
    rig.key(7);
    let began = rig.hub() - 300 * MS;
    for q in 0..20 {
        rig.send(&Rig::frame(7, q, began));
        rig.run(20);
    }
    assert_eq!(rig.played(), []);
    assert!(!rig.ptt());
    assert_eq!(rig.why(), "wd");
    assert!(rig.fence.counts().late >= 15);
}

#[test]
fn a_frame_without_any_clock_is_not_played() {
    let mut rig = Rig::new();
    rig.key(7);
    for q in 1..10 {
        rig.send(&Rig::frame(7, q, rig.hub()));
        rig.run(20);
    }
    assert_eq!(rig.played(), []);
}

#[test]
fn a_frame_is_played_once() {
    let mut rig = Rig::new();
    rig.key(7);
    let began = rig.hub();
    for q in 0..10 {
        rig.send(&Rig::frame(7, q, began));
        rig.send(&Rig::frame(7, q, began));
        rig.send(&Rig::frame(7, q.saturating_sub(3), began));
        rig.run(20);
    }
    rig.run(200);
    assert_eq!(rig.played(), (0..10).collect::<Vec<u8>>());
}

#[test]
fn media_that_runs_ahead_of_time_is_not_played() {
    let mut rig = Rig::new();
    rig.key(7);
    let began = rig.hub();
    for q in 0..60 {
        rig.send(&Rig::frame(7, q, began));
    }
    assert!(rig.fence.counts().ahead >= 30);
    rig.run(250);
    assert!(rig.played().len() < 15, "{:?}", rig.played());
}

#[test]
fn losing_the_broker_unkeys_at_once() {
    let mut rig = Rig::new();
    rig.key(7);
    rig.speak(7, 0, 10);
    let actions = rig.fence.broker(false, rig.now);
    assert!(actions.starts_with(&[Action::Ptt(false), Action::Flush]));
    rig.note(actions);
    rig.connect();
    rig.speak(7, 10, 20);
    assert!(!rig.ptt());
}

#[test]
fn a_hub_that_goes_off_unkeys_at_once_and_keys_nothing() {
    let mut rig = Rig::new();
    rig.key(7);
    rig.speak(7, 0, 10);
    rig.hub_state(false);
    assert!(!rig.ptt());
    rig.key(8);
    assert_eq!(rig.why(), "link");
    rig.hub_state(true);
    rig.key(9);
    assert!(rig.ptt());
}

#[test]
fn three_seconds_without_a_heartbeat_unkey() {
    let mut rig = Rig::new();
    rig.run(500);
    rig.beat();
    rig.beats = false;
    let heard = rig.now;
    rig.key(7);
    rig.speak(7, 0, 200);
    assert!(!rig.ptt());
    assert_eq!(rig.switched(), heard + 3 * SECOND);
    assert_eq!(rig.why(), "link");
}

#[test]
fn the_limit_unkeys_and_asks_for_silence() {
    let terms = Terms {
        limit: 2 * SECOND,
        ..terms()
    };
    let mut rig = Rig::with(settings(), terms);
    rig.key(7);
    let began = rig.now;
    rig.speak(7, 0, 150);
    assert_eq!(rig.switched(), began + 2 * SECOND);
    let tot = FloorUp::Revoke {
        token: 7,
        why: radio::message::Why::TimeOut,
        penalty_ms: 3_000,
    };
    assert_eq!(rig.last_answer(), tot);
    // The user goes on talking: the penalty lasts as long.
    rig.speak(7, 150, 200);
    rig.key(8);
    assert_eq!(rig.why(), "tot");
    rig.run(400);
    rig.key(9);
    assert!(rig.ptt());
}

#[test]
fn the_shorter_limit_counts() {
    let mut rig = Rig::new();
    let mut key = rig.a_key(7);
    key.limit_ms = 1_000;
    rig.give_key(key);
    let began = rig.now;
    rig.speak(7, 0, 80);
    assert_eq!(rig.switched(), began + SECOND);
}

#[test]
fn a_receiving_radio_refuses_all_but_an_emergency() {
    let mut rig = Rig::new();
    let actions = rig.fence.carrier(true, rig.now);
    rig.note(actions);
    rig.key(7);
    assert_eq!(rig.why(), "cor");
    let mut key = rig.a_key(8);
    key.priority = 192;
    rig.give_key(key);
    assert!(rig.ptt());
}

#[test]
fn a_duplex_radio_may_be_keyed_while_it_receives() {
    let settings = Settings {
        busy_lockout: false,
        ..settings()
    };
    let mut rig = Rig::with(settings, terms());
    let actions = rig.fence.carrier(true, rig.now);
    rig.note(actions);
    rig.key(7);
    assert!(rig.ptt());
}

#[test]
fn a_fault_or_the_end_of_the_bridge_unkeys() {
    let mut rig = Rig::new();
    rig.key(7);
    let actions = rig.fence.fault(rig.now);
    rig.note(actions);
    assert!(!rig.ptt());
    assert_eq!(rig.why(), "hw");
    rig.key(8);
    let actions = rig.fence.shutdown(rig.now);
    rig.note(actions);
    assert!(!rig.ptt());
    rig.key(9);
    assert_eq!(rig.why(), "shutdown");
}
