//! Any datagram is classified, and its ufrag looked for, without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use peer::demux::{classify, local_ufrag};

fuzz_target!(|datagram: &[u8]| {
    let _ = classify(datagram);
    if let Some(ufrag) = local_ufrag(datagram) {
        assert!(ufrag.len() < datagram.len() && !ufrag.contains(':'));
    }
});
