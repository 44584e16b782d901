//! Session descriptions (RFC 8866) and offer/answer (RFC 3264) as values.
//!
//! [`Session`] is the text as lines, [`Stream`] what one m-line means, [`Local`] what we have to
//! offer, [`Agreed`] what both ends settled on. The core carries descriptions as bytes; the
//! embedder reads and makes them here.

mod agree;
mod codec;
mod session;
mod stream;

pub use agree::{Agreed, Local, Refusal, answer, offer, read_answer};
pub use codec::{Codec, CodecName};
pub use session::{Attribute, Media, Session};
pub use stream::{Crypto, Direction, Dtls, Stream};
