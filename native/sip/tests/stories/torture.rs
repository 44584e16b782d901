//! The messages of RFC 4475, each with the answer its section expects of an endpoint.
//!
//! The messages are our own, written to the description of each section; the names are the RFC's.

mod application;
mod compatibility;
mod draft;
mod invalid;
mod transaction;
mod valid;

use crate::rig::{Rig, peer};
use draft::{Draft, OFFER};
use sip::msg::{Address, Head, Message, Request, Response, Uri, parse};
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
    ($($section:ident { $($name:ident $fate:expr;)* })*) => {
        /// Name, message and fate of each case.
        fn cases() -> Vec<(&'static str, Vec<u8>, Fate)> {
            vec![$($((stringify!($name), $section::$name(), $fate)),*),*]
        }
    };
}

torture! {
    // wsinv has a To tag and no dialog here; REGISTER is challenged.
    valid {
        wsinv Status(481); intmeth Status(501); esc01 Call; escnull Status(401); esc02 Status(501);
        lwsdisp Status(200); longreq Call; dblreq Status(401); semiuri Status(200); transports Status(200);
        mpart01 Status(405); unreason Silence; noreason Silence;
    }
    // An endpoint may ignore a Date it cannot read (3.1.2.12).
    invalid {
        badinv01 Status(400); clerr Status(400); ncl Status(400); scalar02 Status(400); scalarlg Silence;
        quotbal Status(400); ltgtruri Status(400); lwsruri Status(400); lwsstart Status(400); trws Status(400);
        escruri Status(400); baddate Call; regbadct Status(400); badaspec Status(400); baddn Status(400);
        badvers Status(505); mismatch01 Status(400); mismatch02 Status(400); bigcode Silence;
    }
    transaction {
        badbranch Status(200);
    }
    application {
        insuf Status(400); unkscm Status(416); novelsc Status(416); unksm2 Status(401);
        bext01 Status(420); invut Status(415); regaut01 Status(401); multi01 Status(400); mcl01 Status(400);
        bcast Silence; zeromf Status(200); cparam01 Status(401); cparam02 Status(401); regescrt Status(401);
        sdp01 Status(406);
    }
    // A caller of RFC 2543 without Contact cannot be called back.
    compatibility {
        inv2543 Status(400);
    }
}

fn fate(name: &str, bytes: &[u8]) -> Fate {
    let mut rig = Rig::new();
    rig.input(Input::Bytes {
        flow: peer(),
        bytes,
    });
    match (rig.statuses().as_slice(), rig.events.as_slice()) {
        ([100], [Event::Incoming(_)]) => Call,
        ([], []) => Silence,
        ([status], []) => Status(*status),
        other => panic!("{name}: {other:?}"),
    }
}

fn request(bytes: &[u8]) -> Request {
    match parse(bytes) {
        Ok(Message::Request(request)) => request,
        other => panic!("{other:?}"),
    }
}

fn response(bytes: &[u8]) -> Response {
    match parse(bytes) {
        Ok(Message::Response(response)) => response,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_torture_message_has_its_fate() {
    let cases = cases();
    let mut wrong = Vec::new();
    for (name, bytes, expected) in &cases {
        let got = fate(name, bytes);
        if got != *expected {
            wrong.push((name, got, expected));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(cases.len(), 49);
}

#[test]
fn what_the_messages_are_made_from_is_sound() {
    assert_eq!(fate("invite", &Draft::invite().bytes()), Call);
    assert_eq!(fate("options", &Draft::options().bytes()), Status(200));
    assert_eq!(fate("register", &Draft::register().bytes()), Status(401));
    let response = response(&Draft::response("SIP/2.0 200 OK").bytes());
    assert!(Head::read(&response.headers).is_ok());
}

#[test]
fn a_caller_of_before_rfc_3261_lacks_only_its_contact() {
    let text = String::from_utf8(compatibility::inv2543()).unwrap();
    let text = text.replacen("\r\n", "\r\nContact: <sip:trunk@192.0.2.40>\r\n", 1);
    assert_eq!(fate("inv2543", text.as_bytes()), Call);
}

#[test]
fn the_short_tortuous_invite_is_read_right() {
    let request = request(&valid::wsinv());
    let to = Address::parse(request.headers.get("To").unwrap()).unwrap();
    let from = Address::parse(request.headers.get("From").unwrap()).unwrap();
    assert_eq!(to.tag(), Some("there-51"));
    assert_eq!(
        (&*from.name, from.tag()),
        ("Quay \"3\" \\", Some("here-17"))
    );
    assert_eq!(request.headers.elements("Via").count(), 3);
    assert_eq!(
        request.headers.get("Long-Story"),
        Some("begins here and goes on here")
    );
    assert_eq!(request.headers.get("Subject"), Some(""));
    assert_eq!(request.body, OFFER.as_bytes());
    let head = Head::read(&request.headers).unwrap();
    assert_eq!(
        (head.seq, head.via.params.get("branch")),
        (31, Some("old-style-7"))
    );
}

#[test]
fn odd_but_valid_requests_are_read_right() {
    let odd = Head::read(&request(&valid::intmeth()).headers).unwrap();
    assert_eq!(odd.method.as_str(), "Zz09-.!%*_+`'~");
    assert_eq!(odd.to.name.as_bytes(), b"nul \0 esc \x1b del \x7f");
    let user = |bytes: &[u8]| request(bytes).user();
    assert_eq!(user(&valid::esc01()).as_deref(), Some("ward@hill:5"));
    assert_eq!(user(&valid::semiuri()).as_deref(), Some("crane;at=n@rth"));
    let null = Head::read(&request(&valid::escnull()).headers).unwrap();
    assert_eq!(null.to.uri.user.as_deref(), Some("be\0tween"));
    let percent = request(&valid::esc02()).headers;
    assert_eq!(percent.all("Contact").count(), 1);
    let tight = Head::read(&request(&valid::lwsdisp()).headers).unwrap();
    assert_eq!(&*tight.from.name, "pier");
    let long = request(&valid::longreq());
    assert_eq!(long.headers.all("Via").count(), 33);
    assert!(request(&valid::dblreq()).body.is_empty());
    let parts = request(&valid::mpart01()).body;
    assert!(
        parts
            .windows(256)
            .any(|w| w.iter().copied().eq(0..=u8::MAX))
    );
}

#[test]
fn odd_responses_are_read_or_refused_for_what_they_are() {
    let odd = response(&valid::unreason());
    assert_eq!(&*odd.reason, "<= 8 * 25; \"d'accord\" добро ναι 好");
    let bare = response(&valid::noreason());
    assert_eq!((bare.status, &*bare.reason), (100, ""));
    assert_eq!(
        response(&application::bcast()).headers.all("Via").count(),
        2
    );
    assert_eq!(
        parse(&invalid::bigcode()).unwrap_err().why,
        "status out of range"
    );
    let large = response(&invalid::scalarlg());
    assert_eq!(Head::read(&large.headers), Err("bad CSeq"));
}

#[test]
fn escapes_are_resolved_once() {
    let uri = Uri::parse("sip:lane%3A4%40quay@example.net").unwrap();
    assert_eq!(
        (uri.user.as_deref(), &*uri.host),
        (Some("lane:4@quay"), "example.net")
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
