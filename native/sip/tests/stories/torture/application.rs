//! RFC 4475 3.3: messages that are well formed and cannot be done as they ask.

use super::draft::Draft;

/// 3.3.1: no From, To and Call-ID.
pub fn insuf() -> Vec<u8> {
    Draft::invite()
        .without("From")
        .without("To")
        .without("Call-ID")
        .bytes()
}

/// 3.3.2: a Request-URI of a scheme nobody knows.
pub fn unkscm() -> Vec<u8> {
    Draft::options()
        .start("OPTIONS berth:north-quay-3 SIP/2.0")
        .bytes()
}

/// 3.3.3: a Request-URI of a scheme that is known and not for SIP.
pub fn novelsc() -> Vec<u8> {
    Draft::options()
        .start("OPTIONS coap+tcp://192.0.2.73:5683/berth SIP/2.0")
        .bytes()
}

/// 3.3.4: such schemes in From, To and Contact.
pub fn unksm2() -> Vec<u8> {
    Draft::register()
        .set("From: <https://port.example.org/dock>;tag=here")
        .set("To: berth:north-quay-3")
        .set("Contact: <crew:Ada_K>")
        .bytes()
}

/// 3.3.5: extensions are required that nobody has.
pub fn bext01() -> Vec<u8> {
    Draft::options()
        .add("Proxy-Require: tide-table, fog-horn")
        .add("Require: signal-flags, ship-bell")
        .bytes()
}

/// 3.3.6: a body of a type nobody knows.
pub fn invut() -> Vec<u8> {
    Draft::invite()
        .set("Content-Type: application/x-flag-signals")
        .body("KILO LIMA 7")
        .bytes()
}

/// 3.3.7: credentials of a scheme nobody knows.
pub fn regaut01() -> Vec<u8> {
    Draft::register()
        .add("Authorization: Handshake grip=firm")
        .bytes()
}

/// 3.3.8: headers twice that may stand once, with values that differ.
pub fn multi01() -> Vec<u8> {
    Draft::invite()
        .add("From: <sip:pier@example.org>;tag=there")
        .add("To: <sip:crane@example.org>")
        .add("Call-ID: again@192.0.2.40")
        .add("CSeq: 80 INVITE")
        .add("Max-Forwards: 7")
        .add("Contact: <sip:pier@192.0.2.78>")
        .bytes()
}

/// 3.3.9: two values of Content-Length.
pub fn mcl01() -> Vec<u8> {
    Draft::options()
        .add("Content-Type: text/plain")
        .body("Four or eleven?")
        .add("Content-Length: 4")
        .add("Content-Length: 11")
        .unsized_bytes()
}

/// 3.3.10: a response that is to travel on to the broadcast address.
pub fn bcast() -> Vec<u8> {
    Draft::response("SIP/2.0 200 OK")
        .add("Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bKall")
        .bytes()
}

/// 3.3.11: no hops left, and none needed.
pub fn zeromf() -> Vec<u8> {
    Draft::options().set("Max-Forwards: 0").bytes()
}

/// 3.3.12: an unknown parameter of a Contact, outside of brackets.
pub fn cparam01() -> Vec<u8> {
    Draft::register()
        .set("Contact: sip:+15550182@192.0.2.82;moored")
        .bytes()
}

/// 3.3.13: an unknown parameter of the URI in a Contact, inside of them.
pub fn cparam02() -> Vec<u8> {
    Draft::register()
        .set("Contact: <sip:+15550183@192.0.2.83;moored>")
        .bytes()
}

/// 3.3.14: a header part in a Contact, where one may stand.
pub fn regescrt() -> Vec<u8> {
    Draft::register()
        .without("Contact")
        .add("m: <sip:dock@192.0.2.84?Route=%3Csip:east.example.org;lr%3E>")
        .bytes()
}

/// 3.3.15: a caller who accepts no answer that we could give.
pub fn sdp01() -> Vec<u8> {
    Draft::invite().add("Accept: text/x-flags").bytes()
}
