//! Files decide where a version can be used: each Python on each platform has a file, or the
//! universe is split there, or the version is refused. Both strategies for forks.

use crate::fixture::{check, fixture};

/// The explanation of a conflict.
#[track_caller]
fn refusal(input: &str) -> String {
    fixture(input).resolve().expect_err("a conflict")
}

/// Checks a fixture with both strategies: they agree.
#[track_caller]
fn check_both(input: &str, expect: &str) {
    check(input, expect);
    check(&format!("strategy requires-python \n {input}"), expect);
}

const TORCH: &str = "> torch \n torch 2.5.1 {wheel cp312-none-macosx_11_0_arm64}
    torch 2.5.1+cpu {wheel cp312-cp312-manylinux2014_x86_64} {wheel cp312-cp312-win_amd64}";

// Pythons.

#[test]
fn a_python_without_a_wheel_gets_another_version() {
    let index =
        "a 1 {wheel cp310-cp310-manylinux2014_x86_64} {wheel cp311-cp311-manylinux2014_x86_64}
         a 2 {wheel cp311-cp311-manylinux2014_x86_64} {wheel cp312-cp312-manylinux2014_x86_64}";
    check_both(
        &format!("python CPython>=3.10,<3.13 \n > a \n {index}"),
        "a==1 ; python_full_version < '3.11' \n a==2 ; python_full_version >= '3.11'",
    );
    // One version serves 3.11 alone.
    check_both(&format!("python CPython==3.11.* \n > a \n {index}"), "a==2");
    check_both(
        &format!("python CPython>=3.10,<3.14 \n platforms linux_x86_64 \n > a \n {index}"),
        "conflict",
    );
}

#[test]
fn what_only_later_pythons_need_is_judged_for_them() {
    // Where there is no wheel of b 2, b 1.5 is taken, and nothing that is out needs d on Linux.
    check(
        "python CPython>=3.13 \n strategy requires-python \n require-wheels
         > b \n > d ; sys_platform == 'win32'
         b 1.5 -> d ; python_version >= '3.15'
         b 2 {wheel cp312-abi3-manylinux2014_x86_64} {wheel cp313-cp313-win_amd64}
         d 1.5
         d 2 {python ==3.12.*}",
        "b==1.5 ; sys_platform == 'darwin' or (platform_machine == 'aarch64' and sys_platform == 'linux') or (python_full_version >= '3.14' and sys_platform == 'win32')
         b==2 ; (python_full_version < '3.14' and platform_machine != 'aarch64' and sys_platform != 'darwin') or (python_full_version < '3.14' and sys_platform != 'darwin' and sys_platform != 'linux') or (platform_machine != 'aarch64' and sys_platform != 'darwin' and sys_platform != 'win32') or (sys_platform != 'darwin' and sys_platform != 'linux' and sys_platform != 'win32')
         d==1.5 ; (python_full_version >= '3.15' and sys_platform == 'darwin') or (python_full_version >= '3.15' and platform_machine == 'aarch64' and sys_platform == 'linux') or sys_platform == 'win32'",
    );
}

#[test]
fn a_release_for_one_python_on_each_platform_is_refused() {
    let input = "python CPython>=3.11,<3.13 \n > a
         a 1 {wheel cp311-cp311-manylinux2014_x86_64} {wheel cp312-cp312-macosx_11_0_arm64}";
    for platforms in ["", "platforms linux_x86_64 macos_arm64 \n "] {
        check_both(&format!("{platforms} {input}"), "conflict");
    }
    insta::assert_snapshot!(refusal(&format!("platforms linux_x86_64 macos_arm64 \n {input}")), @"
    a is required
    a cannot be used: it has no file for CPython 3.11 on macos_arm64
    this clashes where python_full_version == '3.11.*' and sys_platform == 'darwin' (macos_arm64)
    hint: a has nothing for macos_arm64: leave that platform out
    ");
}

#[test]
fn free_threaded_musl_and_other_pythons_do_not_count() {
    for tag in [
        "cp313-cp313t-manylinux2014_x86_64",
        "cp313-cp313-musllinux_1_2_x86_64",
        "cp312-none-manylinux2014_x86_64",
        "cp314-abi3-manylinux2014_x86_64",
        "cp313-cp313-manylinux2014_i686",
        "pp313-pypy313_pp73-manylinux2014_x86_64",
    ] {
        check_both(
            &format!(
                "python CPython==3.13.* \n platforms linux_x86_64 \n > a \n a 1 \n a 2 {{wheel {tag}}}"
            ),
            "a==1",
        );
    }
    check_both(
        "python CPython==3.7.* \n > a ; sys_platform == 'win32' \n a 1 {wheel cp37-cp37m-win_amd64} \n a 2 {wheel cp38-cp38-win_amd64}",
        "a==1 ; sys_platform == 'win32'",
    );
}

#[test]
fn a_python_is_named_with_a_bound_that_helps() {
    insta::assert_snapshot!(refusal(
        "python CPython>=3.12 \n > a \n a 1 {wheel cp312-cp312-win_amd64} {wheel cp313-cp313-win_amd64}"
    ), @"
    a is required
    a cannot be used: it has no file for CPython 3.14
    this clashes where python_full_version == '3.14.*'
    hint: a has no file for Python 3.14: end the interpreter constraints with `<3.14`
    ");
    insta::assert_snapshot!(refusal(
        "python CPython>=3.12,<3.14 \n platforms linux_x86_64 windows_x86_64 \n > a
         a 1 {wheel cp313-cp313-win_amd64} {wheel py3-none-manylinux2014_x86_64}"
    ), @"
    a is required
    a cannot be used: it has no file for CPython 3.12 on windows_x86_64
    this clashes where python_full_version == '3.12.*' and sys_platform == 'win32' (windows_x86_64)
    hint: a has nothing for windows_x86_64: leave that platform out
    ");
}

#[test]
fn a_pre_release_for_one_python_is_none_for_the_others() {
    check(
        "strategy requires-python \n python CPython>=3.12,<3.15 \n > a
         a 1 {wheel cp312-none-any} {wheel cp313-none-any}
         a 2rc1 {wheel cp312-none-any} {wheel cp313-none-any} {wheel cp314-none-any}",
        "a==1 ; python_full_version < '3.14' \n a==2rc1 ; python_full_version >= '3.14'",
    );
}

#[test]
fn requires_python_splits_where_each_python_is_to_have_its_newest_version() {
    let input = "python CPython>=3.10,<3.14 \n > a \n > b \n a 1 \n a 2 {python >=3.11} \n a 3 {python >=3.12.4} \n b 1 -> a";
    check(input, "a==1 \n b==1");
    check(
        &format!("strategy requires-python \n {input}"),
        "a==1 ; python_full_version < '3.11'
         a==2 ; python_full_version >= '3.11' and python_full_version < '3.12.4'
         a==3 ; python_full_version >= '3.12.4'
         b==1",
    );
}

#[test]
fn a_wheel_goes_before_a_build_on_the_pythons_without_one() {
    let index = "numpy 2.0 {python >=3.9} {sdist} {wheel cp39-cp39-win_amd64} {wheel cp310-cp310-win_amd64}
         numpy 2.2 {python >=3.10} {sdist} {wheel cp310-cp310-win_amd64} {wheel cp311-cp311-win_amd64}";
    check(
        &format!("python CPython>=3.9,<3.12 \n > numpy \n {index}"),
        "numpy==2.0 ; python_full_version < '3.11' \n numpy==2.2 ; python_full_version >= '3.11'",
    );
    check(
        &format!("strategy requires-python \n python CPython>=3.9,<3.12 \n > numpy \n {index}"),
        "numpy==2.0 ; python_full_version < '3.10' \n numpy==2.2 ; python_full_version >= '3.10'",
    );
    // No version has a wheel for 3.12.
    check(
        &format!("strategy requires-python \n python CPython>=3.11,<3.13 \n > numpy \n {index}"),
        "numpy==2.2",
    );
    // What is locked stays.
    check(
        &format!("python CPython>=3.9,<3.12 \n > numpy \n lock numpy==2.0 \n {index}"),
        "numpy==2.0",
    );
}

// Platforms.

#[test]
fn versions_differ_by_platform_as_the_files_do() {
    check_both(
        &format!("python CPython==3.12.* \n {TORCH}"),
        "torch==2.5.1 ; sys_platform == 'darwin' \n torch==2.5.1+cpu ; sys_platform != 'darwin'",
    );
    check_both(
        &format!("python CPython==3.12.* \n platforms linux_x86_64 windows_x86_64 \n {TORCH}"),
        "torch==2.5.1+cpu",
    );
    // A pre-release stands in for nothing.
    check_both(
        "python CPython==3.12.* \n > a \n a 1 {wheel py3-none-win_amd64} \n a 2a1",
        "a==1",
    );
    // Something that no version is for is not missed.
    check_both(
        "python CPython==3.12.* \n > a \n a 1 {wheel py3-none-win_amd64} \n a 2 {wheel py3-none-win_amd64}",
        "a==2",
    );
}

#[test]
fn another_version_for_a_platform_that_leads_nowhere_is_not_forced() {
    check(
        "strategy requires-python \n python CPython==3.12.* \n > a \n > b
         a 1 {wheel py3-none-any} -> c<2 \n a 2 {wheel py3-none-manylinux2014_x86_64} \n b 1 -> c>=2 \n c 1 \n c 2",
        "a==2 \n b==1 \n c==2",
    );
}

#[test]
fn wheels_that_are_required_serve_every_platform() {
    check_both(
        "require-wheels \n python CPython==3.12.* \n > a \n a 1 \n a 2 {wheel py3-none-win_amd64}",
        "a==1",
    );
    check_both(
        "require-wheels \n python CPython==3.12.* \n > a \n a 2 {wheel py3-none-win_amd64}",
        "conflict",
    );
    let input = "require-wheels \n python CPython>=3.9,<3.12 \n > a
         a 1 {sdist} {python >=3.9} {wheel cp39-none-any} {wheel cp310-none-any}
         a 2 {sdist} {python >=3.10} {wheel cp310-none-any} {wheel cp311-none-any}";
    check(
        input,
        "a==1 ; python_full_version < '3.11' \n a==2 ; python_full_version >= '3.11'",
    );
    check(
        &format!("strategy requires-python \n {input}"),
        "a==1 ; python_full_version < '3.10' \n a==2 ; python_full_version >= '3.10'",
    );
}

// Pythons that are not released.

#[test]
fn a_later_python_refuses_nothing() {
    check_both(
        "python CPython>=3.12 \n > a \n a 1 -> d<2 ; python_version < '4' | d>=2 ; python_version >= '4' \n d 1",
        "a==1 ; python_full_version < '4' \n d==1 ; python_full_version < '4'",
    );
    check_both(
        "python CPython>=3.12 \n > a \n > c \n a 1 -> d<2 ; python_version < '4' | d>=2 ; python_version >= '4'
         d 1 \n d 2 -> c<2 \n c 1 \n c 2",
        "a==1
         c==1 ; python_full_version >= '4' \n c==2 ; python_full_version < '4'
         d==1 ; python_full_version < '4' \n d==2 ; python_full_version >= '4'",
    );
}

#[test]
fn what_a_later_python_requires_is_locked() {
    check_both(
        "python CPython>=3.12 \n > a \n a 1 -> d>=1 ; python_version < '3.14' | d>=2 ; python_version >= '3.15' \n d 1 \n d 2",
        "a==1 \n d==2 ; python_full_version != '3.14.*'",
    );
}

#[test]
fn a_later_python_lowers_nothing() {
    check_both(
        "python CPython>=3.12 \n > a \n a 2 -> d>=3 ; python_version >= '3.16' | e \n a 1 \n d 1 \n e 1",
        "a==1 ; python_full_version >= '3.15'
         a==2 ; python_full_version < '3.15' \n e==1 ; python_full_version < '3.15'",
    );
    check_both(
        "python CPython>=3.12 \n > a \n > d ; python_version >= '4' \n a 2 {wheel cp312-cp312-any} {wheel cp313-cp313-any} {wheel cp314-cp314-any} \n a 1 \n d 1 -> a<2",
        "a==1 ; python_full_version >= '3.15' \n a==2 ; python_full_version < '3.15' \n d==1 ; python_full_version >= '4'",
    );
}

// Direct references.

#[test]
fn a_direct_wheel_serves_what_its_tags_say() {
    let direct = "direct a @ https://h.example/a.whl = 1 {wheel cp312-cp312-manylinux2014_x86_64}";
    check_both(
        &format!("python CPython==3.12.* \n > a @ https://h.example/a.whl \n {direct}"),
        "a==1 (direct)",
    );
    check_both(
        &format!(
            "python CPython>=3.12,<3.14 \n > a @ https://h.example/a.whl ; python_version < '3.13' \n {direct}"
        ),
        "a==1 (direct) ; python_full_version < '3.13'",
    );
    for problem in [
        "python CPython>=3.12,<3.14",
        "python CPython==3.12.* \n platforms linux_x86_64 macos_arm64",
        "python CPython==3.12.* \n platforms windows_x86_64",
    ] {
        check_both(
            &format!("{problem} \n > a @ https://h.example/a.whl \n {direct}"),
            "conflict",
        );
    }
    insta::assert_snapshot!(refusal(&format!(
        "python CPython==3.12.* \n platforms linux_x86_64 macos_arm64 \n > a @ https://h.example/a.whl \n {direct}"
    )), @"
    a @ https://h.example/a.whl is required
    a cannot be used: it has no file for macos_arm64
    this clashes where sys_platform == 'darwin' (macos_arm64)
    hint: a has nothing for macos_arm64: leave that platform out
    ");
}

#[test]
fn a_direct_reference_is_for_the_pythons_that_its_metadata_name() {
    let direct = "direct a @ https://h.example/a.zip = 1 {python >=3.13}";
    check_both(
        &format!("python CPython>=3.12,<3.14 \n > a @ https://h.example/a.zip \n {direct}"),
        "conflict",
    );
    check_both(
        &format!(
            "python CPython>=3.12,<3.14 \n > a @ https://h.example/a.zip ; python_version >= '3.13' \n {direct}"
        ),
        "a==1 (direct) ; python_full_version >= '3.13'",
    );
}

#[test]
fn what_leads_to_a_direct_wheel_for_one_platform_is_chosen_there() {
    let input = "python CPython==3.12.* \n platforms linux_x86_64 macos_arm64 \n > b \n b 1 \n b 2 -> a @ https://h.example/a.whl
         direct a @ https://h.example/a.whl = 1 {wheel py3-none-manylinux2014_x86_64}";
    check(input, "b==1");
    check(
        &format!("strategy requires-python \n {input}"),
        "a==1 (direct) ; sys_platform != 'darwin'
         b==1 ; sys_platform == 'darwin' \n b==2 ; sys_platform != 'darwin'",
    );
}

#[test]
fn later_pythons_keep_what_the_lock_has() {
    check_both(
        "python CPython>=3.13 \n > b @ https://h.example/b.zip ; python_version >= '3.15'
         direct b @ https://h.example/b.zip = 1.7 -> a ; sys_platform == 'linux'
         a 2 -> b>=2 ; sys_platform == 'linux' and platform_machine == 'aarch64' | b==1 ; sys_platform != 'linux'
         a 1.5 \n b 1",
        "a==1.5 ; python_full_version >= '3.15' and platform_machine == 'aarch64' and sys_platform == 'linux'
         a==2 ; python_full_version >= '3.15' and platform_machine != 'aarch64' and sys_platform == 'linux'
         b==1.7 (direct) ; python_full_version >= '3.15'",
    );
    check_both(
        "python CPython>=3.13 \n > b ; sys_platform != 'linux' \n > c>1 ; python_version >= '3.15' \n a 2 \n a 3
         b 3 -> a | c<2 ; sys_platform == 'linux' and platform_machine == 'aarch64'
         b 1!0 -> a<2 ; sys_platform == 'win32' \n c 2 -> a==2",
        "a==2 ; python_full_version >= '3.15'
         a==3 ; python_full_version < '3.15' and sys_platform != 'linux'
         b==3 ; sys_platform != 'linux'
         c==2 ; python_full_version >= '3.15'",
    );
    // A new requirement for later Pythons does not move what can stay.
    check(
        "python CPython>=3.13 \n > c ; sys_platform != 'linux' \n > e==2 ; python_version >= '3.15' \n changed e
         lock a==1 ; sys_platform != 'linux' \n lock c==1!0 ; sys_platform != 'linux'
         a 1 -> e<2 ; sys_platform == 'linux' and platform_machine == 'aarch64'
         c 1!0 -> a \n c 3 \n e 1 \n e 2",
        "a==1 ; sys_platform != 'linux' \n c==1!0 ; sys_platform != 'linux' \n e==2 ; python_full_version >= '3.15'",
    );
}
