//! Any offer is answered or refused; an answer is SDP with as many media lines.
#![no_main]

use std::sync::OnceLock;
use std::time::Instant;

use libfuzzer_sys::fuzz_target;
use peer::{Accept, Identity, Session};

fuzz_target!(|offer: &str| {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    let identity = IDENTITY.get_or_init(|| Identity::generate().expect("a certificate"));
    let accept = Accept {
        offer,
        audio_slots: 3,
        publishes: offer.len() % 2 == 0,
        video_slots: 0,
        cameras: false,
        candidates: &[([127, 0, 0, 1], 5_000).into()],
        tcp_candidates: &[],
        data_message_bytes_max: 1_000,
    };
    if let Ok((session, answer)) = Session::accept(&accept, identity, Instant::now()) {
        assert!(answer.starts_with("v=0") && session.audio_slots() <= 3);
        assert_eq!(
            answer.matches("\nm=").count(),
            offer.lines().filter(|line| line.starts_with("m=")).count()
        );
    }
});
