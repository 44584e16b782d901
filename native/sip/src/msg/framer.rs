//! Messages out of a byte stream: TCP and TLS have no datagrams (RFC 3261 18.3, 7.5).

use super::parse::{find_head_end, headers, stated_length};
use crate::limits::message::{BYTES, HEAD_BYTES};

/// What a stream brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// One whole message, to be given to [`super::parse`].
    Message(Vec<u8>),
    /// A double CRLF keep-alive, to be answered by one CRLF (RFC 5626 4.4.1).
    Ping,
    /// The stream cannot be understood from here on and must be closed.
    Broken(&'static str),
}

/// Cuts a stream into messages. Holds at most one incomplete message, nothing while idle.
#[derive(Debug, Default)]
pub struct Framer {
    buffer: Vec<u8>,
    /// Bytes that were already searched for the end of the head.
    searched: usize,
    /// Whole length of the message being received, once its head is known.
    need: Option<usize>,
}

impl Framer {
    /// Takes bytes as they came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next frame, or `None` until more bytes come.
    pub fn pull(&mut self) -> Option<Frame> {
        if self.need.is_none() {
            if let Some(frame) = self.skip_breaks() {
                return Some(frame);
            }
            match self.find_need() {
                Ok(need) => self.need = need,
                Err(why) => return Some(Frame::Broken(why)),
            }
        }
        let need = self.need.filter(|need| *need <= self.buffer.len())?;
        let rest = self.buffer.split_off(need);
        let message = std::mem::replace(&mut self.buffer, rest);
        self.buffer.shrink_to_fit();
        (self.need, self.searched) = (None, 0);
        Some(Frame::Message(message))
    }

    /// True while part of a message waits for its rest: the embedder limits how long.
    pub fn is_waiting(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// Skips line breaks in front of a message (RFC 3261 7.5) and sees a ping in them.
    fn skip_breaks(&mut self) -> Option<Frame> {
        if self.buffer.starts_with(b"\r\n\r\n") {
            self.buffer.drain(..4);
            self.searched = 0;
            return Some(Frame::Ping);
        }
        while self.buffer.starts_with(b"\r\n") && !b"\r\n\r\n".starts_with(&self.buffer[..]) {
            if self.buffer[2] == b'\r' && self.buffer.len() == 3 {
                break;
            }
            self.buffer.drain(..2);
        }
        None
    }

    fn find_need(&mut self) -> Result<Option<usize>, &'static str> {
        let from = self.searched.saturating_sub(3);
        let Some(at) = find_head_end(&self.buffer[from..]).map(|at| at + from) else {
            self.searched = self.buffer.len();
            return if self.searched > HEAD_BYTES {
                Err("head too long")
            } else {
                Ok(None)
            };
        };
        if at > HEAD_BYTES {
            return Err("head too long");
        }
        // Bytes that are no UTF-8 are replaced here and refused by the parser with an answer.
        let head = String::from_utf8_lossy(&self.buffer[..at]);
        let (_, lines) = head.split_once("\r\n").unwrap_or((&head, ""));
        let length = stated_length(&headers(lines).0)?.ok_or("no Content-Length on a stream")?;
        match at.checked_add(4).and_then(|n| n.checked_add(length)) {
            Some(need) if need <= BYTES => Ok(Some(need)),
            _ => Err("message too large"),
        }
    }
}
