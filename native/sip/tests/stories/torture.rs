//! The messages of RFC 4475, each with the answer its section expects of an endpoint.
//!
//! The files are those of the RFC's Appendix A.

use crate::rig::{Rig, peer};
use sip::msg::{Address, Message, Uri, parse};
use sip::{Event, Input};

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// A call: 100, and the hub is told.
    Call,
    /// Answered with this status, the hub told nothing.
    Status(u16),
    /// A response nobody waits for, or none at all: nothing is sent.
    Silence,
}

use Fate::{Call, Silence, Status};

macro_rules! torture {
    ($($name:ident $fate:expr;)*) => {
        const MESSAGES: &[(&str, &[u8], Fate)] = &[
            $((stringify!($name), include_bytes!(concat!("../torture/", stringify!($name), ".dat")), $fate)),*
        ];
    };
}

torture! {
    // 3.1.1 valid. wsinv has a To tag and no dialog here; REGISTER is challenged.
    wsinv Status(481); intmeth Status(501); esc01 Call; escnull Status(401); esc02 Status(501);
    lwsdisp Status(200); longreq Call; dblreq Status(401); semiuri Status(200); transports Status(200);
    mpart01 Status(405); unreason Silence; noreason Silence;
    // 3.1.2 invalid.
    badinv01 Status(400); clerr Status(400); ncl Status(400); scalar02 Status(400); scalarlg Silence;
    quotbal Status(400); ltgtruri Status(400); lwsruri Status(400); lwsstart Status(400); trws Status(400);
    escruri Status(400); regbadct Status(400); badaspec Status(400); baddn Status(400); badvers Status(505);
    mismatch01 Status(400); mismatch02 Status(400); bigcode Silence;
    // An endpoint may ignore a Date it cannot read (3.1.2.12).
    baddate Call;
    // 3.2 transaction layer, 3.3 application layer.
    badbranch Status(200); insuf Status(400); unkscm Status(416); novelsc Status(416); unksm2 Status(401);
    bext01 Status(420); invut Status(415); regaut01 Status(401); multi01 Status(400); mcl01 Status(400);
    bcast Silence; zeromf Status(200); cparam01 Status(401); cparam02 Status(401); regescrt Status(401);
    sdp01 Status(406);
    // 3.4 an RFC 2543 caller without Contact cannot be called back.
    inv2543 Status(400);
}

#[test]
fn every_torture_message_has_its_fate() {
    let mut wrong = Vec::new();
    for (name, bytes, fate) in MESSAGES {
        let mut rig = Rig::new();
        rig.input(Input::Bytes {
            flow: peer(),
            bytes,
        });
        let got = match (rig.statuses().as_slice(), rig.events.as_slice()) {
            ([100], [Event::Incoming(_)]) => Call,
            ([], []) => Silence,
            ([status], []) => Status(*status),
            other => panic!("{name}: {other:?}"),
        };
        if got != *fate {
            wrong.push((name, got, fate));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(MESSAGES.len(), 49);
}

#[test]
fn the_short_tortuous_invite_is_read_right() {
    let Ok(Message::Request(request)) = parse(MESSAGES[0].1) else {
        panic!("not parsed")
    };
    let to = Address::parse(request.headers.get("To").unwrap()).unwrap();
    let from = Address::parse(request.headers.get("From").unwrap()).unwrap();
    assert_eq!(to.tag(), Some("1918181833n"));
    assert_eq!(
        (&*from.name, from.tag()),
        ("J Rosenberg \\\"", Some("98asjd8"))
    );
    assert_eq!(request.headers.elements("Via").count(), 3);
    assert_eq!(
        request.headers.get("NewFangledHeader"),
        Some("newfangled value continued newfangled value")
    );
    assert_eq!(request.headers.get("Subject"), Some(""));
    assert_eq!(request.body.len(), 150);
}

#[test]
fn escapes_are_resolved_once() {
    let uri = Uri::parse("sip:sips%3Auser%40example.com@example.net").unwrap();
    assert_eq!(
        (uri.user.as_deref(), &*uri.host),
        (Some("sips:user@example.com"), "example.net")
    );
    let uri = Uri::parse("sip:%2541@example.com").unwrap();
    assert_eq!(uri.user.as_deref(), Some("%41"));
    assert_eq!(Uri::parse("sip:%4@example.com"), None);
}

#[test]
fn addresses_of_both_families_are_read() {
    let uri = Uri::parse("sip:a@[2001:db8::10]:5070;transport=tcp").unwrap();
    assert_eq!(uri.address(), "[2001:db8::10]:5070".parse().ok());
    assert_eq!(
        Uri::parse("sips:a@192.0.2.1").unwrap().address(),
        "192.0.2.1:5061".parse().ok()
    );
    assert_eq!(Uri::parse("sip:a@example.com").unwrap().address(), None);
    assert_eq!(Uri::parse("sip:a@192.0.2.1:70000"), None);
}
