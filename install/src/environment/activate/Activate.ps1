# For PowerShell: . bin/Activate.ps1

function global:deactivate([switch]$NonDestructive) {
    if (Test-Path variable:_XTASK_OLD_PATH) {
        $env:PATH = $global:_XTASK_OLD_PATH
        Remove-Variable _XTASK_OLD_PATH -Scope global
    }
    if (Test-Path function:_xtask_old_prompt) {
        Copy-Item function:_xtask_old_prompt function:prompt
        Remove-Item function:_xtask_old_prompt
    }
    Remove-Item env:VIRTUAL_ENV, env:VIRTUAL_ENV_PROMPT -ErrorAction SilentlyContinue
    if (-not $NonDestructive) {
        Remove-Item function:deactivate
    }
}

deactivate -NonDestructive

$env:VIRTUAL_ENV = @ROOT@
$env:VIRTUAL_ENV_PROMPT = @PROMPT@

$global:_XTASK_OLD_PATH = $env:PATH
$env:PATH = "$env:VIRTUAL_ENV/bin" + [IO.Path]::PathSeparator + $env:PATH

if (-not $env:VIRTUAL_ENV_DISABLE_PROMPT) {
    Copy-Item function:prompt function:global:_xtask_old_prompt
    function global:prompt {
        Write-Host -NoNewline -ForegroundColor Green "($env:VIRTUAL_ENV_PROMPT) "
        _xtask_old_prompt
    }
}
