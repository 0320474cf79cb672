# For Nushell: overlay use bin/activate.nu

export-env {
    let root = @ROOT@
    let name = if ($env.PATH? | is-empty) { "Path" } else { "PATH" }
    let path = ($env | get $name | prepend ($root | path join "bin"))
    load-env {
        $name: $path
        VIRTUAL_ENV: $root
        VIRTUAL_ENV_PROMPT: @PROMPT@
    }
    hide-env --ignore-errors PYTHONHOME
    if ($env.VIRTUAL_ENV_DISABLE_PROMPT? | is-empty) {
        let old = $env.PROMPT_COMMAND?
        $env.PROMPT_COMMAND = {||
            let before = if ($old | describe) == "closure" { do $old } else { $old }
            $"(char lparen)($env.VIRTUAL_ENV_PROMPT)(char rparen) ($before)"
        }
    }
}

export alias deactivate = overlay hide activate
