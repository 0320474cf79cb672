//! Pins: no version changes without need.

use crate::fixture::check;

#[test]
fn a_pin_stays_though_there_is_better() {
    check("> a \n lock a==1 \n a 1 \n a 2", "a==1");
    check(
        "> a \n > b \n lock a==1 \n b 1 \n b 2 \n a 1 \n a 2",
        "a==1 \n b==2",
    );
    check("> b \n lock a==1 \n b 1 \n a 1", "b==1");
}

#[test]
fn a_pin_that_does_not_satisfy_moves() {
    check("> a>=2 \n lock a==1 \n changed a \n a 1 \n a 2", "a==2");
    check("> a>=2 \n lock a==1 \n a 1 \n a 2", "a==2");
    check("> a \n lock a==1 \n a 2", "a==2");
}

#[test]
fn something_new_takes_a_lower_version_to_keep_a_pin() {
    check(
        "> a \n > new \n changed new \n lock a==1 \n a 1 \n a 2 \n new 1 -> a \n new 2 -> a>=2",
        "a==1 \n new==1",
    );
}

#[test]
fn a_pin_moves_where_something_new_cannot_do_without() {
    check(
        "> a \n > b \n > new \n changed new \n lock a==1 \n lock b==1 \n a 1 \n a 2 \n b 1 \n b 2 \n new 2 -> a>=2",
        "a==2 \n b==1 \n new==2",
    );
}

#[test]
fn the_pins_of_what_changed_go_first() {
    // `new` needs `a` 2 or `b` 2; `b` is not in its closure where `a` alone will do.
    check(
        "> a>=2 \n > b \n changed a \n lock a==1 \n lock b==1 \n lock c==1
         a 1 -> c \n a 2 -> c>=2 \n b 1 -> c \n b 2 \n c 1 \n c 2",
        "a==2 \n b==1 \n c==2",
    );
}

#[test]
fn pins_of_forks_stay_in_their_fork() {
    check(
        "> a \n > b ; sys_platform == 'win32'
         lock a==1 ; sys_platform == 'win32' \n lock a==2 ; sys_platform != 'win32'
         fork sys_platform == 'win32' \n fork sys_platform != 'win32'
         a 1 \n a 2 \n a 3 \n b 1 -> a<2",
        "a==1 ; sys_platform == 'win32' \n a==2 ; sys_platform != 'win32' \n b==1 ; sys_platform == 'win32'",
    );
}

#[test]
fn a_pre_release_stays_locked() {
    check("> a \n lock a==2a1 \n a 1 \n a 2a1 \n a 2a2", "a==2a1");
}

#[test]
fn a_pre_release_moves_where_none_may_be_chosen() {
    check(
        "> a \n lock a==2a1 \n prereleases disallow \n a 1 \n a 2a1",
        "a==1",
    );
}

#[test]
fn a_pin_stays_though_a_version_of_something_new_asks_more_of_it() {
    // `new` 2 needs `a` 1 on every Python, which `c` does not serve: `new` 1 is chosen there.
    check(
        "> a ; python_version < '3.13' \n > new \n changed new
         lock a==1 ; python_version < '3.13' \n lock c==1 ; python_version < '3.13'
         a 1 -> c \n a 2 \n c 1 {python ==3.12.*} \n new 1 \n new 2 -> a<2 ; sys_platform == 'linux'",
        "a==1 ; python_full_version < '3.13' \n c==1 ; python_full_version < '3.13'
         new==1 ; python_full_version >= '3.13' \n new==2 ; python_full_version < '3.13'",
    );
}

#[test]
fn a_pin_stays_though_something_that_is_never_needed_clashes_with_it() {
    check(
        "> e \n > a ; python_version < '3.13' \n changed a \n lock e==1
         a 1 -> b ; python_version >= '3.13' \n b 2 -> e>=2 \n e 1 \n e 2",
        "a==1 ; python_full_version < '3.13' \n e==1",
    );
}

#[test]
fn a_pin_is_known_before_what_needs_it_is_decided() {
    // `c` is decided for `e` alone, and then `b` needs it elsewhere too.
    check(
        "python CPython>=3.12,<3.14 \n strategy requires-python
         > e==2 \n e 2 -> c==2 ; python_version >= '3.13' | b
         b 1 -> c ; sys_platform == 'linux' | c>=2 ; sys_platform == 'darwin' or python_version >= '3.13'
         c 2 -> a \n a 2 \n a 3 -> a<2 ; sys_platform != 'linux'",
        "a==2 ; (python_full_version < '3.13' and sys_platform == 'darwin') or (python_full_version >= '3.13' and sys_platform != 'linux')
         a==3 ; sys_platform == 'linux'
         b==1
         c==2 ; sys_platform == 'darwin' or sys_platform == 'linux' or python_full_version >= '3.13'
         e==2",
    );
}

#[test]
fn a_pin_stays_where_another_version_serves_one_machine_alone() {
    // `c` has to give way to what is asked of `d` now, and then `e` need not.
    check(
        "python CPython>=3.12,<3.14 \n constraint b!=2 ; sys_platform == 'linux'
         > e>=2 \n > d<2 \n changed d
         lock c==4a1 \n lock d==4a1 ; platform_machine == 'x86_64' \n lock e==2
         b 2 \n c 4a1 -> d>=4a1 ; platform_machine == 'x86_64'
         c 2 {wheel cp311-abi3-win_amd64} {wheel cp312-none-macosx_11_0_arm64}
         d 1 \n d 4a1 -> c \n e 2 -> c \n e 3 -> b",
        "c==2 ; python_full_version < '3.13' or (platform_machine != 'x86_64' and sys_platform != 'darwin') or platform_machine == 'x86_64'
         c==4a1 ; python_full_version >= '3.13' and platform_machine != 'x86_64' and sys_platform == 'darwin'
         d==1 \n e==2",
    );
}

#[test]
fn a_pin_stays_where_wheels_of_one_platform_are_for_other_pythons() {
    check(
        "python CPython>=3.12,<3.14 \n override a=b>=2 ; sys_platform == 'linux'
         > e \n > a!=2 ; os_name == 'posix' \n changed a
         lock b==2 ; sys_platform == 'linux' \n lock c==1 ; sys_platform == 'linux' \n lock e==1
         a 1!0 -> c \n a 1 \n b 2 -> c ; os_name == 'posix' | e
         c 1 {wheel cp311-abi3-win_amd64} {wheel cp312-none-macosx_11_0_arm64}
         c 2 -> c<2 | a \n e 4a1 \n e 1 -> a",
        "a==1 ; python_full_version >= '3.13' and platform_machine == 'arm64' and sys_platform == 'darwin'
         a==1!0 ; (python_full_version < '3.13' and os_name == 'posix') or (os_name == 'posix' and platform_machine != 'arm64') or (os_name == 'posix' and sys_platform != 'darwin')
         b==2 ; sys_platform == 'linux'
         c==1 ; (python_full_version < '3.13' and os_name == 'posix') or (os_name == 'posix' and platform_machine != 'arm64') or (os_name == 'posix' and sys_platform != 'darwin')
         e==1",
    );
}

/// `c` and `d` are as near to `b`, and only `d` was needed for it.
#[test]
fn what_a_changed_requirement_led_to_moves_first() {
    check(
        "> c>1 \n > b<2 \n changed b \n lock b==2 \n lock c==2 \n lock d==2 \n lock e==1
         b 1 \n b 2 -> d \n c 1.5 \n c 2 -> e \n d 1 \n d 2 -> e \n e 1 -> b>=2 \n e 4a1 -> d<2",
        "b==1 \n c==2 \n d==1 \n e==4a1",
    );
}

/// The newest `a` requires another `c`, and the `a` that is taken another `b`, where no `c` is needed.
#[test]
fn what_only_a_refused_version_leads_to_stays() {
    check(
        "python CPython>=3.12,<3.14 \n > c ; sys_platform == 'darwin' or python_version >= '3.13'
         > a ; python_version < '3.13' \n changed a
         lock b==1 ; sys_platform == 'darwin' or python_full_version >= '3.13'
         lock c==2 ; sys_platform == 'darwin' or python_full_version >= '3.13'
         a 2 -> b>=2 ; sys_platform == 'linux' \n a 3 -> c>=3 ; os_name == 'posix'
         b 1 \n b 2 \n c 1 \n c 2 -> b<2 \n c 3 -> a<2",
        "a==2 ; python_full_version < '3.13'
         b==1 ; sys_platform == 'darwin' or python_full_version >= '3.13'
         b==2 ; python_full_version < '3.13' and sys_platform == 'linux'
         c==2 ; sys_platform == 'darwin' or python_full_version >= '3.13'",
    );
}
