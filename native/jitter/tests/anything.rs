//! Whatever comes in whatever order, the buffer answers, counts add up, and nothing is played twice.

use std::collections::BTreeSet;

use jitter::{Arrival, JitterBuffer, JitterConfig, Pull};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    Packet {
        ssrc: u32,
        sequence: u16,
        timestamp: u32,
        duration: u32,
    },
    Pull {
        wait_us: u64,
        silent: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let near = (0..3_u32, 0..200_u16, 0..400_u32, 1..4_u32).prop_map(
        |(ssrc, sequence, timestamp, frames)| Step::Packet {
            ssrc: ssrc / 2,
            sequence,
            timestamp: timestamp * 80,
            duration: frames * 160,
        },
    );
    let wild = (any::<u32>(), any::<u16>(), any::<u32>(), any::<u32>()).prop_map(
        |(ssrc, sequence, timestamp, duration)| Step::Packet {
            ssrc,
            sequence,
            timestamp,
            duration,
        },
    );
    let pull = (0..100_000_u64, any::<bool>())
        .prop_map(|(wait_us, silent)| Step::Pull { wait_us, silent });
    prop_oneof![6 => near, 1 => wild, 6 => pull]
}

proptest! {
    #[test]
    fn any_history_is_survived(steps in vec(step(), 0..400)) {
        let mut buffer = JitterBuffer::new(JitterConfig::new(8_000, 8));
        let mut now_us = 0;
        let mut played = BTreeSet::new();
        for (n, step) in steps.into_iter().enumerate() {
            match step {
                Step::Packet { ssrc, sequence, timestamp, duration } => {
                    let payload = (n as u64).to_be_bytes();
                    buffer.insert(&Arrival { ssrc, sequence, timestamp, duration, payload: &payload }, now_us);
                }
                Step::Pull { wait_us, silent } => {
                    now_us += wait_us;
                    if let Pull::Packet { payload, .. } = buffer.pull(now_us, silent) {
                        prop_assert!(played.insert(payload.to_vec()), "played twice");
                    }
                }
            }
        }
        let stats = buffer.stats();
        prop_assert!(played.len() as u64 + stats.shrunk + stats.overflowed <= stats.stored);
        prop_assert!(buffer.target_ms() <= 300);
    }
}
