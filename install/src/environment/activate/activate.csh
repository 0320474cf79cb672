# For csh and tcsh: source bin/activate.csh

alias deactivate 'test $?_XTASK_OLD_PATH != 0 && setenv PATH "$_XTASK_OLD_PATH:q" && unset _XTASK_OLD_PATH; test $?_XTASK_OLD_PROMPT != 0 && set prompt="$_XTASK_OLD_PROMPT:q" && unset _XTASK_OLD_PROMPT; unsetenv VIRTUAL_ENV; unsetenv VIRTUAL_ENV_PROMPT; rehash; test "\!:*" != "nondestructive" && unalias deactivate'

deactivate nondestructive

setenv VIRTUAL_ENV @ROOT@
setenv VIRTUAL_ENV_PROMPT @PROMPT@

set _XTASK_OLD_PATH="$PATH:q"
setenv PATH "$VIRTUAL_ENV:q/bin:$PATH:q"

if ($?prompt && ! $?VIRTUAL_ENV_DISABLE_PROMPT) then
    set _XTASK_OLD_PROMPT="$prompt:q"
    set prompt="($VIRTUAL_ENV_PROMPT:q) $prompt:q"
endif

rehash
