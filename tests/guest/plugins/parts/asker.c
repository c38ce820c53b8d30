// Calls what some other plugin must have made global.
const char* whose(void);

const char* ask(void)
{
    return whose();
}
