//! Conflicts as the user reads them. Each must be understandable to a newcomer.

use insta::assert_snapshot;
use resolve::{ResolveError, resolve};

use crate::fixture::fixture;

/// The explanation of the conflict, with hints that were tried.
#[track_caller]
fn told(input: &str) -> String {
    let fixture = fixture(input);
    match resolve(&fixture.problem, &fixture.index) {
        Err(ResolveError::Conflict(conflict)) => {
            let told = conflict.explain_with(&fixture.problem, &fixture.index);
            told.unwrap().to_string()
        }
        other => panic!("no conflict: {other:?}"),
    }
}

#[test]
fn two_requirements_on_one_project() {
    assert_snapshot!(told("> django>=4.2 \n > django<4 \n django 3.2 \n django 4.2 \n django 5.0"), @"
    django<4 is required
    django>=4.2 is required
    hint: with django 5.0 there is a solution: loosen `django<4`
    hint: with django 3.2 there is a solution: loosen `django>=4.2`
    ");
}

#[test]
fn a_package_requires_what_the_user_excludes() {
    assert_snapshot!(told(
        "> django<4 \n > django-filter>=23
         django-filter 21.1 -> django>=2.2 \n django-filter 23.1 -> django>=3.2
         django-filter 23.5 -> django>=3.2 \n django 3.2 \n django 4.2 \n django 5.0"
            .replace("django>=3.2", "django>=4.2").as_str()
    ), @"
    django<4 is required
    django-filter>=23 is required
    django-filter requires django>=4.2
    hint: with django 5.0 there is a solution: loosen `django<4`
    hint: with django-filter 21.1 there is a solution: loosen `django-filter>=23`
    ");
}

#[test]
fn two_packages_require_what_excludes_each_other() {
    assert_snapshot!(told(
        "> langchain>=0.2 \n > old-plugin
         langchain 0.1 -> pydantic>=1 \n langchain 0.2 -> langchain-core \n langchain 0.3 -> langchain-core
         langchain-core 0.3 -> pydantic>=2.5 \n langchain-core 0.2 -> pydantic>=2
         old-plugin 1.0 -> fastapi<0.100 \n fastapi 0.99 -> pydantic<2 \n fastapi 0.110 -> pydantic>=2
         pydantic 1.10 \n pydantic 2.0 \n pydantic 2.9"
    ), @"
    langchain>=0.2 is required
    langchain requires langchain-core
    langchain-core 0.2 requires pydantic>=2
    langchain-core 0.3 requires pydantic>=2.5
    old-plugin is required
    old-plugin requires fastapi<0.100
    fastapi requires pydantic<2
    hint: with langchain 0.1 there is a solution: loosen `langchain>=0.2`
    ");
}

#[test]
fn a_package_whose_every_version_requires_another() {
    assert_snapshot!(told(
        "> boto3>=1.28 \n > urllib3>=2
         boto3 1.28.0 -> botocore==1.31.0 \n boto3 1.28.1 -> botocore==1.31.1 \n boto3 1.28.2 -> botocore==1.31.2
         boto3 1.28.3 -> botocore==1.31.3 \n boto3 1.27.0 -> botocore==1.30.0
         botocore 1.30.0 \n botocore 1.31.0 -> urllib3<1.27 \n botocore 1.31.1 -> urllib3<1.27
         botocore 1.31.2 -> urllib3<1.27 \n botocore 1.31.3 -> urllib3<1.27 \n urllib3 1.26.18 \n urllib3 2.0.0"
    ), @"
    boto3>=1.28 is required
    each version of boto3 requires another: botocore==1.31.0, …, botocore==1.31.3
    botocore requires urllib3<1.27
    urllib3>=2 is required
    hint: with boto3 1.27.0 there is a solution: loosen `boto3>=1.28`
    hint: with urllib3 1.26.18 there is a solution: loosen `urllib3>=2`
    ");
}

#[test]
fn a_misspelt_project() {
    assert_snapshot!(told("> reqeusts>=2 \n > flask \n flask 3.0 \n requests 2.31"), @"
    reqeusts>=2 is required
    reqeusts is on no index
    hint: is `reqeusts` spelt right?
    ");
    assert_snapshot!(told("> app \n app 1.0 -> gone>=1"), @"
    app is required
    app requires gone>=1
    gone is on no index
    hint: is `gone` spelt right?
    ");
}

#[test]
fn no_version_is_that_high() {
    assert_snapshot!(told("> aiohttp>=4 \n aiohttp 3.8 \n aiohttp 3.9.5"), @"
    aiohttp>=4 is required
    no version of aiohttp is >=4; the highest is 3.9.5
    hint: with aiohttp 3.9.5 there is a solution: loosen `aiohttp>=4`
    ");
}

#[test]
fn no_version_is_that_low_or_between() {
    assert_snapshot!(told("> aiohttp<3 \n aiohttp 3.8 \n aiohttp 3.9.5"), @"
    aiohttp<3 is required
    no version of aiohttp is <3; the lowest is 3.8
    hint: with aiohttp 3.9.5 there is a solution: loosen `aiohttp<3`
    ");
    assert_snapshot!(told("> aiohttp==3.9 \n aiohttp 3.8 \n aiohttp 3.9.5"), @"
    aiohttp==3.9 is required
    no version of aiohttp is ==3.9; next to it are 3.8 and 3.9.5
    hint: with aiohttp 3.9.5 there is a solution: loosen `aiohttp==3.9`
    ");
}

#[test]
fn a_package_requires_a_later_python() {
    assert_snapshot!(told(
        "python CPython>=3.10,<3.14 \n > numpy>=2.3 \n numpy 2.2.6 {python >=3.10} \n numpy 2.3.0 {python >=3.11} \n numpy 2.3.4 {python >=3.11}"
    ), @"
    numpy>=2.3 is required
    numpy cannot be used: it requires Python >=3.11
    this clashes where python_full_version < '3.11'
    hint: numpy is for Python >=3.11: raise the lower bound of the interpreter constraints
    hint: with numpy 2.2.6 there is a solution: loosen `numpy>=2.3`
    ");
}

#[test]
fn a_package_has_no_wheel_for_a_platform() {
    assert_snapshot!(told(
        "python CPython==3.12.* \n platforms linux_x86_64 macos_arm64 macos_x86_64 \n > torch>=2.3
         torch 2.2.2 {wheel cp312-none-macosx_10_9_x86_64} {wheel cp312-none-macosx_11_0_arm64} {wheel cp312-cp312-manylinux1_x86_64}
         torch 2.3.0 {wheel cp312-none-macosx_11_0_arm64} {wheel cp312-cp312-manylinux1_x86_64}
         torch 2.4.0 {wheel cp312-none-macosx_11_0_arm64} {wheel cp312-cp312-manylinux1_x86_64}"
    ), @"
    torch>=2.3 is required
    torch cannot be used: it has no file for macos_x86_64
    this clashes where platform_machine == 'x86_64' and sys_platform == 'darwin' (macos_x86_64)
    hint: torch has nothing for macos_x86_64: leave that platform out
    hint: with torch 2.2.2 there is a solution: loosen `torch>=2.3`
    ");
}

#[test]
fn wheels_are_required() {
    assert_snapshot!(told("require-wheels \n > pycurl>=7.45 \n pycurl 7.44 \n pycurl 7.45 {sdist} \n pycurl 7.46 {sdist}"), @"
    pycurl>=7.45 is required
    pycurl cannot be used: it has no wheel, and only wheels may be used
    hint: a source distribution of pycurl is a solution: allow it
    hint: with pycurl 7.44 there is a solution: loosen `pycurl>=7.45`
    ");
}

#[test]
fn pre_releases_are_refused() {
    assert_snapshot!(told("prereleases disallow \n > black>=24 \n black 23.12 \n black 24.1a1"), @"
    black>=24 is required
    black cannot be used: it is a pre-release
    hint: a pre-release of black is a solution: allow it
    hint: with black 23.12 there is a solution: loosen `black>=24`
    ");
}

#[test]
fn the_only_release_was_yanked() {
    assert_snapshot!(told("> app>=2 \n app 1.0 \n app 2.0 {yanked}"), @"
    app>=2 is required
    app cannot be used: it was yanked
    hint: app 2.0 is a solution, though it was yanked: require it by `==`
    hint: with app 1.0 there is a solution: loosen `app>=2`
    ");
}

#[test]
fn a_constraint_stands_in_the_way() {
    assert_snapshot!(told(
        "constraint protobuf<4 \n > grpcio-status>=1.49 \n grpcio-status 1.48 -> protobuf>=3.12 \n grpcio-status 1.49 -> protobuf>=4.21 \n protobuf 3.20 \n protobuf 4.21"
    ), @"
    grpcio-status>=1.49 is required
    grpcio-status requires protobuf>=4.21
    protobuf cannot be used: a constraint excludes it
    hint: with 4.21 there is a solution: loosen the constraint
    hint: with grpcio-status 1.48 there is a solution: loosen `grpcio-status>=1.49`
    ");
}

#[test]
fn a_clash_on_one_platform() {
    assert_snapshot!(told(
        "> docker>=7 \n > pywin32==227 ; sys_platform == 'win32' \n docker 6.0 \n docker 7.0 -> pywin32>=304 ; sys_platform == 'win32' \n pywin32 227 \n pywin32 306"
    ), @"
    docker>=7 is required
    docker requires pywin32>=304 ; sys_platform == 'win32'
    pywin32==227 ; sys_platform == 'win32' is required
    this clashes where sys_platform == 'win32' (windows_x86_64)
    hint: with docker 6.0 there is a solution: loosen `docker>=7`
    hint: with pywin32 306 there is a solution: loosen `pywin32==227 ; sys_platform == 'win32'`
    ");
}

#[test]
fn a_clash_on_later_pythons() {
    assert_snapshot!(told(
        "> pandas<2.1 \n > numpy>=1.26 ; python_version >= '3.13' \n > numpy<2 \n pandas 2.0.3 -> numpy>=1.21 | numpy>=2 ; python_version >= '3.13' \n numpy 1.26.4 \n numpy 2.1"
    ), @"
    numpy<2 is required
    pandas<2.1 is required
    pandas requires numpy>=2 ; python_full_version >= '3.13'
    this clashes where python_full_version >= '3.13'
    hint: with numpy 2.1 there is a solution: loosen `numpy<2`
    ");
}

#[test]
fn an_extra_clashes() {
    assert_snapshot!(told(
        "> sqlalchemy[asyncio]>=2 \n > greenlet<2 \n sqlalchemy 2.0.1 -> typing-extensions | greenlet!=0.4.17,>=2 ; extra == 'asyncio' \n greenlet 1.1 \n greenlet 3.0 \n typing-extensions 4.0"
    ), @"
    greenlet<2 is required
    sqlalchemy[asyncio]>=2 is required
    sqlalchemy[asyncio] requires greenlet!=0.4.17,>=2
    hint: with greenlet 3.0 there is a solution: loosen `greenlet<2`
    ");
}

#[test]
fn a_direct_reference_gives_another_version() {
    assert_snapshot!(told(
        "> lib @ https://h.example/lib-1.0.zip \n > app \n app 1 -> lib>=2 \n lib 2.0 \n direct lib @ https://h.example/lib-1.0.zip = 1.0"
    ), @"
    lib @ https://h.example/lib-1.0.zip is required
    app is required
    app requires lib>=2
    lib cannot be used: the direct reference gives 1.0
    ");
}

#[test]
fn two_direct_references() {
    assert_snapshot!(told(
        "> lib @ https://h.example/one.zip \n > lib @ https://h.example/two.zip \n direct lib @ https://h.example/one.zip = 1 \n direct lib @ https://h.example/two.zip = 1"
    ), @"
    lib @ https://h.example/one.zip is required
    lib @ https://h.example/two.zip is required
    https://h.example/one.zip and https://h.example/two.zip are two places for one project
    ");
}

#[test]
fn metadata_cannot_be_used() {
    assert_snapshot!(told("> old>=1 \n old 0.9 \n old 1.0 {broken `Requires-Dist: x (>=1,)` is no requirement}"), @"
    old>=1 is required
    old has metadata that cannot be used: `Requires-Dist: x (>=1,)` is no requirement
    hint: with old 0.9 there is a solution: loosen `old>=1`
    ");
}
