# Runs the program of a fork server. Its code is kept as that of modules is: to compile it takes longer than to start.
program, folder = sys.argv.pop(1).encode(), sys.argv.pop(1)


def compile_program():
    return compile(program, "<fork server>", "exec")


exec(KeptCode(folder).get("<fork server>", program, compile_program) if folder else compile_program())
