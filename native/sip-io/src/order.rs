//! What the hub wants: commands of the core, and the way they take.

use std::net::SocketAddr;

use sip::{Command, Flow};

use crate::tls::CheckedIdentity;

/// One wish of the hub.
#[derive(Debug)]
pub enum Order {
    /// A command that needs no flow, or goes to a leg that has one.
    Command(Command),
    /// Call, Register, Ping or Reroute over this way: its flow is filled in.
    Over(Way, Command),
    /// New TLS connections get this certificate; open ones keep theirs.
    Identity(CheckedIdentity),
}

/// How to reach somebody. Names are resolved by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// The flow a phone registered over.
    Flow(Flow),
    /// A datagram from the first UDP door of that address family.
    Udp(SocketAddr),
    /// The connection we have to there, or a new one.
    Tcp(SocketAddr),
    /// The same under TLS; the name is checked against the certificate.
    Tls(SocketAddr, Box<str>),
}

/// Puts the flow into a command that starts something new.
pub(crate) fn put_flow(command: &mut Command, flow: Flow) {
    match command {
        Command::Call(call) => call.flow = flow,
        Command::Register(register) => register.flow = flow,
        Command::Ping { flow: place, .. } | Command::Reroute { flow: place, .. } => *place = flow,
        _ => {}
    }
}
