//! FIPS 197, "Advanced Encryption Standard": AES-256.

use super::{Octet, octet, value, xor};
use crate::graph::Bit;
use std::array::from_fn;
use std::sync::OnceLock;

/// §3.4: the state as the 16 bytes of a block. Byte i is in row i mod 4 and column i / 4.
pub type State = [Octet; 16];

/// §5.2: a word of the key schedule.
pub type Word = [Octet; 4];

/// §5.1: 14 rounds for a key of 256 bits.
pub const ROUNDS: usize = 14;

/// §5.1: Cipher.
pub fn cipher(block: State, words: &[Word; 60]) -> State {
    let mut state = add_round_key(block, round_key(words, 0));
    for number in 1..ROUNDS {
        state = round(state, round_key(words, number));
    }
    last_round(state, round_key(words, ROUNDS))
}

/// §5.1: a round, which is SubBytes, ShiftRows, MixColumns and AddRoundKey.
pub fn round(state: State, key: State) -> State {
    after_sub_bytes(state.map(sub_byte), key)
}

/// §5.1: a round after its SubBytes.
pub fn after_sub_bytes(state: State, key: State) -> State {
    add_round_key(mix_columns(shift_rows(state)), key)
}

/// §5.1: the last round, without MixColumns.
pub fn last_round(state: State, key: State) -> State {
    add_round_key(shift_rows(state.map(sub_byte)), key)
}

/// §5.1.4: AddRoundKey.
pub fn add_round_key(state: State, key: State) -> State {
    from_fn(|i| xor(state[i], key[i]))
}

/// The four words of a round, one for each column.
pub fn round_key(words: &[Word; 60], number: usize) -> State {
    from_fn(|i| words[4 * number + i / 4][i % 4])
}

/// §5.2: KeyExpansion.
pub fn key_expansion(key: [Octet; 32]) -> [Word; 60] {
    let mut words = [[octet(0); 4]; 60];
    for i in 0..60 {
        words[i] = if i < 8 {
            from_fn(|j| key[4 * i + j])
        } else {
            next_word(i, words[i - 8], words[i - 1])
        };
    }
    words
}

/// §5.2: word `i` of the schedule, from the words that stand 8 places and 1 place before it.
pub fn next_word(i: usize, eighth_last: Word, last: Word) -> Word {
    let temp = match i % 8 {
        0 => add_words(sub_word(rot_word(last)), rcon(i / 8)),
        4 => sub_word(last),
        _ => last,
    };
    add_words(eighth_last, temp)
}

/// §5.2: SubWord.
pub fn sub_word(word: Word) -> Word {
    word.map(sub_byte)
}

fn rot_word([a, b, c, d]: Word) -> Word {
    [b, c, d, a]
}

fn add_words(a: Word, b: Word) -> Word {
    from_fn(|i| xor(a[i], b[i]))
}

/// §5.2: Rcon, which is x^(i-1) and three zeros.
fn rcon(i: usize) -> Word {
    let power = (1..i).fold(octet(1), |power, _| times_x(power));
    [power, octet(0), octet(0), octet(0)]
}

/// §5.1.2: row r moves to the left by r.
fn shift_rows(state: State) -> State {
    from_fn(|i| state[(i + 4 * (i % 4)) % 16])
}

/// §5.1.3: each column, as a polynomial over GF(2^8), times 3x^3 + x^2 + x + 2 modulo x^4 + 1.
fn mix_columns(state: State) -> State {
    from_fn(|i| {
        let below = |rows: usize| state[i / 4 * 4 + (i + rows) % 4];
        let twice = times(below(0), octet(2));
        let thrice = times(below(1), octet(3));
        xor(xor(twice, thrice), xor(below(2), below(3)))
    })
}

/// §5.1.1: the S-box, as a decision tree over the values that [`sub_byte_by_arithmetic`] gives.
pub fn sub_byte(byte: Octet) -> Octet {
    static TABLE: OnceLock<[u8; 256]> = OnceLock::new();
    // Constants fold: the arithmetic on a known byte is a known byte.
    let table = TABLE.get_or_init(|| {
        from_fn(|i| value(sub_byte_by_arithmetic(octet(i as u8))).expect("a constant"))
    });
    if let Some(value) = value(byte) {
        return octet(table[usize::from(value)]);
    }
    from_fn(|bit| {
        let mut entries: Vec<Bit> =
            table.iter().map(|entry| Bit::constant(entry >> bit & 1 == 1)).collect();
        for choice in byte {
            let pairs = entries.as_chunks().0.iter();
            entries = pairs.map(|[no, yes]| (!choice & *no) | (choice & *yes)).collect();
        }
        entries[0]
    })
}

/// §5.1.1: the inverse in GF(2^8), 0 for 0, and the affine map.
pub fn sub_byte_by_arithmetic(byte: Octet) -> Octet {
    let inverse = inverse(byte);
    let turned = |by: usize| -> Octet { from_fn(|i| inverse[(i + by) % 8]) };
    [4, 5, 6, 7].into_iter().fold(xor(inverse, octet(0x63)), |sum, by| xor(sum, turned(by)))
}

/// x^254 is the inverse of x, because the multiplicative group has 255 elements. It is 0 for 0.
fn inverse(x: Octet) -> Octet {
    let square = |x| times(x, x);
    let x2 = square(x);
    let x3 = times(x2, x);
    let x12 = square(square(x3));
    let x15 = times(x12, x3);
    let x240 = (0..4).fold(x15, |power, _| square(power));
    times(times(x240, x12), x2)
}

/// §4.2: the product modulo x^8 + x^4 + x^3 + x + 1.
pub fn times(a: Octet, b: Octet) -> Octet {
    let mut multiple = a;
    let mut sum = octet(0);
    for bit in b {
        sum = from_fn(|i| sum[i] ^ (multiple[i] & bit));
        multiple = times_x(multiple);
    }
    sum
}

/// §4.2.1.
fn times_x(a: Octet) -> Octet {
    let shifted = from_fn(|i| if i == 0 { Bit::ZERO } else { a[i - 1] });
    let carry = octet(0x1b).map(|bit| bit & a[7]);
    xor(shifted, carry)
}
