//! RFC 4475 3.1.2: messages that break the grammar.

use super::draft::Draft;

/// 3.1.2.1: separators with nothing between them, in Via and in Contact.
pub fn badinv01() -> Vec<u8> {
    Draft::invite()
        .set("Via: SIP/2.0/UDP 192.0.2.21;,;;,")
        .set("Contact: \"Dock\" <sip:dock@192.0.2.21>;;;")
        .bytes()
}

/// 3.1.2.2: a Content-Length beyond the end of the datagram.
pub fn clerr() -> Vec<u8> {
    Draft::invite().add("Content-Length: 7000").unsized_bytes()
}

/// 3.1.2.3: a Content-Length below zero.
pub fn ncl() -> Vec<u8> {
    Draft::invite().add("Content-Length: -35").unsized_bytes()
}

/// 3.1.2.4: numbers of a request above what their headers can hold.
pub fn scalar02() -> Vec<u8> {
    Draft::register()
        .set("CSeq: 18446744073709551617 REGISTER")
        .set("Max-Forwards: 257")
        .add("Expires: 777777777777777777777777777777777777777777")
        .set("Contact: <sip:dock@192.0.2.24>;expires=888888888888888888")
        .bytes()
}

/// 3.1.2.5: the same of a response.
pub fn scalarlg() -> Vec<u8> {
    Draft::response("SIP/2.0 503 Busy for ages")
        .set("CSeq: 18446744073709551618 INVITE")
        .add("Retry-After: 666666666666666666666666666")
        .add("Warning: 7020 example.org \"four digits\"")
        .bytes()
}

/// 3.1.2.6: a quote that is opened and never closed.
pub fn quotbal() -> Vec<u8> {
    Draft::invite()
        .set("To: \"Relay, Room 6 <sip:relay@example.org>")
        .bytes()
}

/// 3.1.2.7: angle brackets around the Request-URI.
pub fn ltgtruri() -> Vec<u8> {
    Draft::invite()
        .start("INVITE <sip:relay@example.org> SIP/2.0")
        .bytes()
}

/// 3.1.2.8: a space within the Request-URI.
pub fn lwsruri() -> Vec<u8> {
    Draft::invite()
        .start("INVITE sip:relay@example.org; transport=udp SIP/2.0")
        .bytes()
}

/// 3.1.2.9: two spaces between the parts of the request line.
pub fn lwsstart() -> Vec<u8> {
    Draft::invite()
        .start("INVITE  sip:relay@example.org  SIP/2.0")
        .bytes()
}

/// 3.1.2.10: spaces behind the version.
pub fn trws() -> Vec<u8> {
    Draft::options()
        .start("OPTIONS sip:relay@example.org SIP/2.0   ")
        .bytes()
}

/// 3.1.2.11: a header part in the Request-URI.
pub fn escruri() -> Vec<u8> {
    Draft::invite()
        .start("INVITE sip:relay@example.org?Subject=drill%20now SIP/2.0")
        .bytes()
}

/// 3.1.2.12: a Date in a zone other than GMT.
pub fn baddate() -> Vec<u8> {
    Draft::invite()
        .add("Date: Sun, 22 Nov 2026 09:30:00 CET")
        .bytes()
}

/// 3.1.2.13: a Contact with a header part and no brackets.
pub fn regbadct() -> Vec<u8> {
    Draft::register()
        .set("Contact: sip:dock@192.0.2.33?Subject=drill")
        .bytes()
}

/// 3.1.2.14: spaces inside the brackets of an address.
pub fn badaspec() -> Vec<u8> {
    Draft::options()
        .set("To: Relay < sip:relay@example.org >")
        .bytes()
}

/// 3.1.2.15: display names that hold a comma and are not quoted.
pub fn baddn() -> Vec<u8> {
    Draft::options()
        .set("From: Dock, North <sip:dock@example.org>;tag=here")
        .set("To: Relay, South <sip:relay@example.org>")
        .bytes()
}

/// 3.1.2.16: a version of SIP that does not exist.
pub fn badvers() -> Vec<u8> {
    Draft::options()
        .start("OPTIONS sip:relay@example.org SIP/9.0")
        .set("Via: SIP/9.0/UDP 192.0.2.36;branch=z9hG4bKfuture")
        .bytes()
}

/// 3.1.2.17: a sequence number under another method.
pub fn mismatch01() -> Vec<u8> {
    Draft::options().set("CSeq: 17 SUBSCRIBE").bytes()
}

/// 3.1.2.18: the same under a method nobody knows.
pub fn mismatch02() -> Vec<u8> {
    Draft::invite()
        .start("HOIST sip:relay@example.org SIP/2.0")
        .bytes()
}

/// 3.1.2.19: a status that is 200 once it is cut to 32 bits.
pub fn bigcode() -> Vec<u8> {
    Draft::response("SIP/2.0 4294967496 Far too much").bytes()
}
