//! Seals and opens packets given as lines, for comparison with another implementation of SRTP.
//!
//!     srtp-lines PROFILE EXPORTED client|server
//!
//! PROFILE is `cm80`, `gcm128` or `gcm256`; EXPORTED what DTLS exported, in hex; the last says whose keys are
//! used. Each line is `seal-rtp INDEX HEX`, `open-rtp HEX`, `seal-rtcp HEX` or `open-rtcp HEX`; the answer is the
//! packet in hex, or the name of the error.
#![allow(clippy::print_stdout, reason = "the answers go to standard output")]

use std::fmt::{Debug, Write as _};
use std::io::{self, BufRead};
use std::process::ExitCode;

use srtp::{Exported, Inbound, Outbound, Profile, RTCP_OVERHEAD_MAX};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((mut outbound, mut inbound)) = contexts(&args) else {
        return ExitCode::from(2);
    };
    for line in io::stdin().lock().lines() {
        let Some(answer) = line
            .ok()
            .and_then(|line| answer(&line, &mut outbound, &mut inbound))
        else {
            return ExitCode::from(2);
        };
        println!("{answer}");
    }
    ExitCode::SUCCESS
}

fn contexts(args: &[String]) -> Option<(Outbound, Inbound)> {
    let [profile, exported, side] = args else {
        return None;
    };
    let profile = match profile.as_str() {
        "cm80" => Profile::Aes128CmSha1_80,
        "gcm128" => Profile::AeadAes128Gcm,
        "gcm256" => Profile::AeadAes256Gcm,
        _ => return None,
    };
    let bytes = from_hex(exported)?;
    let exported = Exported::new(profile, &bytes)?;
    let keys = match side.as_str() {
        "client" => exported.client(),
        "server" => exported.server(),
        _ => return None,
    };
    Some((Outbound::new(keys).ok()?, Inbound::new(keys).ok()?))
}

fn answer(line: &str, outbound: &mut Outbound, inbound: &mut Inbound) -> Option<String> {
    let words: Vec<&str> = line.split(' ').collect();
    let mut packet = from_hex(words.last()?)?;
    let len = packet.len();
    let done = match words[..] {
        ["open-rtp", _] => said(inbound.open_rtp(&mut packet).map(|(len, _)| len)),
        ["open-rtcp", _] => said(inbound.open_rtcp(&mut packet)),
        ["seal-rtp", index, _] => {
            packet.resize(len + RTCP_OVERHEAD_MAX, 0);
            let ssrc = packet.get(8..12)?.try_into().ok().map(u32::from_be_bytes)?;
            let stream = outbound.stream(ssrc);
            said(outbound.seal_rtp(stream, &mut packet, len, index.parse().ok()?))
        }
        ["seal-rtcp", _] => {
            packet.resize(len + RTCP_OVERHEAD_MAX, 0);
            said(outbound.seal_rtcp(&mut packet, len))
        }
        _ => return None,
    };
    Some(match done {
        Ok(len) => to_hex(&packet[..len]),
        Err(error) => error,
    })
}

fn said<E: Debug>(done: Result<usize, E>) -> Result<usize, String> {
    done.map_err(|error| format!("{error:?}"))
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
