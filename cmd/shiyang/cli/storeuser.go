package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"shiyang/cmd/shiyang/config"
	"shiyang/eventstore/access"
)

// storeUsers opens the users of the embedded store. They are in the data
// folder, beside the log and not in it.
func (p *program) storeUsers() (*access.Users, error) {
	if err := os.MkdirAll(p.config.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	return access.OpenUsers(p.config.Path("store-users.json"))
}

// firstStoreUser makes the administrator of a store that has no users yet.
func (p *program) firstStoreUser(users *access.Users) error {
	list, err := users.List()
	if err != nil || len(list) > 0 {
		return err
	}
	return p.withPassword(access.FirstAdmin, func(password string) error {
		return users.Create(access.FirstAdmin, "", password, []string{access.Admins})
	})
}

func (p *program) storeUserCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "user",
		Short: "The users of the event store that runs alone with TLS",
		Long: "Users are in the file store-users.json of the data folder. A running store takes changes up within a\n" +
			"second. A new password comes from SHIYANG_PASSWORD; without it one is made and shown once.",
	}
	var groups []string
	create := p.userCommand("create NAME", "Add a user", func(u *access.Users, name string) error {
		return p.withPassword(name, func(password string) error { return u.Create(name, "", password, groups) })
	})
	regroup := p.userCommand("groups NAME", "Put a user into other groups", func(u *access.Users, name string) error {
		return u.SetGroups(name, groups)
	})
	for _, c := range []*cobra.Command{create, regroup} {
		c.Flags().StringSliceVar(&groups, "groups", nil, "groups of the user; "+access.Admins+" may do everything, "+access.Operators+" manage consumer groups")
	}
	cmd.AddCommand(create, regroup,
		p.userCommand("password NAME", "Give a user another password", func(u *access.Users, name string) error {
			return p.withPassword(name, func(password string) error { return u.SetPassword(name, password) })
		}),
		p.userCommand("disable NAME", "Let a user sign in no more", func(u *access.Users, name string) error { return u.SetDisabled(name, true) }),
		p.userCommand("enable NAME", "Let a user sign in again", func(u *access.Users, name string) error { return u.SetDisabled(name, false) }),
		p.userCommand("delete NAME", "Remove a user", (*access.Users).Delete),
		&cobra.Command{Use: "list", Short: "Show all users", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error { return p.listStoreUsers() }},
	)
	return cmd
}

func (p *program) userCommand(use, short string, run func(*access.Users, string) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: cobra.ExactArgs(1), RunE: func(_ *cobra.Command, args []string) error {
		users, err := p.storeUsers()
		if err != nil {
			return err
		}
		return explainUser(run(users, args[0]))
	}}
}

// withPassword shows a made password only when it is in force.
func (p *program) withPassword(name string, set func(string) error) error {
	if given := os.Getenv(config.Prefix + "PASSWORD"); given != "" {
		return set(given)
	}
	made := access.GeneratePassword()
	if err := set(made); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "The password of the store's user %s is %s. It is shown only once.\n", name, made)
	return nil
}

func explainUser(err error) error {
	switch {
	case errors.Is(err, access.ErrUserExists):
		return fmt.Errorf("%w; give it another password with: shiyang eventstore user password", err)
	case errors.Is(err, access.ErrUserMissing):
		return fmt.Errorf("%w; see: shiyang eventstore user list", err)
	case errors.Is(err, access.ErrLastAdmin):
		return fmt.Errorf("%w; make another one first", err)
	}
	return err
}

func (p *program) listStoreUsers() error {
	users, err := p.storeUsers()
	if err != nil {
		return err
	}
	list, err := users.List()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tGROUPS\tSTATE")
	for _, u := range list {
		state := "enabled"
		if u.Disabled {
			state = "disabled"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", u.Name, strings.Join(u.Groups, ","), state)
	}
	return w.Flush()
}
