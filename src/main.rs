//! The program. What it does is in the library: see `cli`.

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    #[cfg(feature = "mimalloc")]
    allocator::give_back_at_once();
    yishiting::cli::main()
}

/// mimalloc returns freed memory a second later, but looks at the time only when it is asked for more: what starting
/// up needed would stay for as long as nobody comes. Replies a second are the same with and without.
#[cfg(feature = "mimalloc")]
#[allow(unsafe_code, reason = "the crate offers this option to C alone")]
mod allocator {
    use std::ffi::{c_int, c_long};

    /// `mi_option_purge_delay` of `mimalloc.h`, in milliseconds.
    const PURGE_DELAY: c_int = 15;

    unsafe extern "C" {
        fn mi_option_set(option: c_int, value: c_long);
    }

    pub fn give_back_at_once() {
        // SAFETY: it writes a number into the allocator's own table; an unknown option would be ignored.
        unsafe { mi_option_set(PURGE_DELAY, 0) };
    }
}
