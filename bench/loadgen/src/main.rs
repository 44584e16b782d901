//! Load generator: many WebRTC clients in one thread, driven by JSON lines on standard input.
//!
//! It knows no signalling (WHIP, Janus, ...): it gives and takes SDP, and bench/*.py carries that to
//! the program under load. Every packet carries its index, so that a listener counts what it did not
//! get. `loadgen ADDRESS` binds all its sockets to that address. Traffic goes to the addresses in the answers and to no other; it ends when standard input does.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout)] // the answers
#![allow(clippy::disallowed_methods)] // the clock and the thread of this program stand here

mod control;
mod flood;
mod listener;
mod load;
mod talker;

use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token, Waker};

use crate::control::{Answer, Command};
use crate::load::Load;

/// Wakes the loop for a command; sessions use their own number.
const COMMAND: Token = Token(usize::MAX);
/// The loop looks at its clock at least this often.
const TICK: Duration = Duration::from_millis(20);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            answer(&Answer::Error { error });
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let argument = std::env::args().nth(1).ok_or("usage: loadgen ADDRESS")?;
    let address = argument
        .parse()
        .map_err(|_| format!("not an IP address: {argument}"))?;
    let mut poll = Poll::new().map_err(|error| error.to_string())?;
    let waker = Arc::new(Waker::new(poll.registry(), COMMAND).map_err(|error| error.to_string())?);
    let (lines, commands) = mpsc::channel();
    std::thread::spawn(move || read_lines(&lines, &waker));
    let mut load = Load::new(address);
    let mut events = Events::with_capacity(1024);
    loop {
        let now = Instant::now();
        let wait = load.next(now).saturating_duration_since(now).min(TICK);
        poll.poll(&mut events, Some(wait))
            .map_err(|error| error.to_string())?;
        for event in events.iter().filter(|event| event.token() != COMMAND) {
            load.receive(event.token().0, Instant::now());
        }
        loop {
            match commands.try_recv() {
                Ok(Some(command)) => {
                    if let Some(done) = load.command(command, poll.registry(), Instant::now()) {
                        answer(&done);
                    }
                }
                Ok(None) | Err(mpsc::TryRecvError::Disconnected) => return Ok(()),
                Err(mpsc::TryRecvError::Empty) => break,
            }
        }
        if let Some(done) = load.tick(Instant::now()) {
            answer(&done);
        }
    }
}

/// Hand commands to the loop; `None` at the end of standard input or at a line that is no command.
fn read_lines(lines: &mpsc::Sender<Option<Command>>, waker: &Waker) {
    for line in std::io::stdin().lock().lines() {
        let command = line.ok().and_then(|line| serde_json::from_str(&line).ok());
        let last = command.is_none();
        if lines.send(command).is_err() || waker.wake().is_err() || last {
            return;
        }
    }
    let _ = lines.send(None);
    let _ = waker.wake();
}

fn answer(answer: &Answer) {
    if let Ok(line) = serde_json::to_string(answer) {
        println!("{line}");
        let _ = std::io::stdout().flush();
    }
}
