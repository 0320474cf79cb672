# For fish: source bin/activate.fish

function deactivate --description 'Leave the virtual environment'
    if set -q _XTASK_OLD_PATH
        set -gx PATH $_XTASK_OLD_PATH
        set -e _XTASK_OLD_PATH
    end
    if set -q _XTASK_OLD_PYTHONHOME
        set -gx PYTHONHOME $_XTASK_OLD_PYTHONHOME
        set -e _XTASK_OLD_PYTHONHOME
    end
    if functions -q _xtask_old_fish_prompt
        functions -e fish_prompt
        functions -c _xtask_old_fish_prompt fish_prompt
        functions -e _xtask_old_fish_prompt
    end
    set -e VIRTUAL_ENV
    set -e VIRTUAL_ENV_PROMPT
    if test "$argv[1]" != nondestructive
        functions -e deactivate
    end
end

deactivate nondestructive

set -gx VIRTUAL_ENV @ROOT@
set -gx VIRTUAL_ENV_PROMPT @PROMPT@

set -gx _XTASK_OLD_PATH $PATH
set -gx PATH "$VIRTUAL_ENV/bin" $PATH

if set -q PYTHONHOME
    set -gx _XTASK_OLD_PYTHONHOME $PYTHONHOME
    set -e PYTHONHOME
end

if test -z "$VIRTUAL_ENV_DISABLE_PROMPT"
    functions -c fish_prompt _xtask_old_fish_prompt
    function fish_prompt
        printf '(%s) ' $VIRTUAL_ENV_PROMPT
        _xtask_old_fish_prompt
    end
end
