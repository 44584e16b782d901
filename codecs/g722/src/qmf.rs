//! The quadrature mirror filter pair that splits 16 kHz sound in two bands of 8 kHz and joins them again
//! (ITU-T G.722 clauses 3.1 and 4.4). Each adds 11 samples of delay.

use crate::tables::QMF;

const TAPS: usize = 24;

/// Filter memory, oldest first; the same shape on both sides.
#[derive(Debug, Clone)]
pub(crate) struct Qmf {
    line: [i32; TAPS],
}

impl Qmf {
    pub(crate) fn new() -> Self {
        Self { line: [0; TAPS] }
    }

    /// Two PCM samples in, one sample of the lower and one of the higher band out (15 bits).
    pub(crate) fn split(&mut self, first: i16, second: i16) -> (i32, i32) {
        let (odd, even) = self.push(i32::from(first), i32::from(second));
        // 12 bits are the filter's gain, one the sum of two filters, one the 15-bit input of the coder.
        ((even + odd) >> 14, (even - odd) >> 14)
    }

    /// One sample of each band in, two PCM samples out.
    pub(crate) fn join(&mut self, low: i32, high: i32) -> (i16, i16) {
        let (second, first) = self.push(low + high, low - high);
        let pcm = |sum: i32| (sum >> 11).clamp(-32_768, 32_767) as i16;
        (pcm(first), pcm(second))
    }

    /// Shift a pair in and run both phases of the filter: (older phase, newer phase).
    fn push(&mut self, older: i32, newer: i32) -> (i32, i32) {
        self.line.copy_within(2.., 0);
        self.line[TAPS - 2] = older;
        self.line[TAPS - 1] = newer;
        let mut sums = (0, 0);
        for (pair, i) in self.line.chunks_exact(2).zip(0..) {
            sums.0 += pair[0] * QMF[i];
            sums.1 += pair[1] * QMF[11 - i];
        }
        sums
    }
}
